/** What the editor shows of Polymath beside its views and commands: the way to the first answer, colours, chat, documents. */

const walkthrough = {
  id: 'first-answer',
  title: 'From a Corpus to the First Answer',
  description:
    'Split a mixed corpus, train an expert for each pile, and let them answer together: minutes on a processor.',
  icon: 'media/icon.png',
  steps: [
    {
      id: 'pipeline',
      title: 'All in one run',
      description:
        'Choose a corpus, look at one review, press Enter: the run imports it, finds piles, trains an expert for each and lets them answer together. It shows what it takes before it begins, and can be paused.\n[From Corpus to Answer…](command:polymath.pipeline)\nThe steps below do the same one by one.',
      completionEvents: ['onContext:polymath.has.mixers'],
      media: {
        svg: 'media/walkthrough/mix.svg',
        altText: 'Three experts become one mixture, with a weight each',
      },
    },
    {
      id: 'import',
      title: 'Or step by step: import the sample corpus',
      description:
        'The sample corpus comes with Polymath: nearly four thousand passages of fiction, press, geography, software, licences and health records. Its domains let you see later how well a split finds them.\n[Import Sample Corpus](command:polymath.datasets.importSample)\nIt is imported in seconds. Your own files (JSONL, CSV, Parquet, texts) come in the same way.',
      completionEvents: ['onContext:polymath.has.datasets'],
      media: {
        svg: 'media/walkthrough/import.svg',
        altText: 'A mixed corpus becomes rows of a dataset',
      },
    },
    {
      id: 'split',
      title: 'Split it into piles',
      description:
        'Experts learn from the documents that they predict best, and the documents follow them: that is the perplexity method. Unigram EM is its quick relative.\n[Split into Piles…](command:polymath.datasets.split)\nLook at the piles in the side bar, and move documents where you know better.',
      completionEvents: ['onContext:polymath.has.splits'],
      media: {
        svg: 'media/walkthrough/split.svg',
        altText: 'Documents of three kinds go to three piles',
      },
    },
    {
      id: 'train',
      title: 'Train an expert for each pile',
      description:
        'Each expert is the base model with a small LoRA adapter of its own, or with all weights its own. All learn side by side on this machine.\n[Train Experts…](command:polymath.experts.train)\nThe run shows its progress in the side bar. It can be paused, and goes on after a restart.',
      completionEvents: ['onContext:polymath.has.experts'],
      media: {
        svg: 'media/walkthrough/train.svg',
        altText: 'Each pile trains an expert, and its loss falls',
      },
    },
    {
      id: 'mix',
      title: 'Let them answer together',
      description:
        'The mixer learns how much to trust each expert at every token.\n[Train the Mixer…](command:polymath.experts.mix)',
      completionEvents: ['onContext:polymath.has.mixers'],
      media: {
        svg: 'media/walkthrough/mix.svg',
        altText: 'Three experts become one mixture, with a weight each',
      },
    },
    {
      id: 'ask',
      title: 'Ask the mixture',
      description:
        'Begin a text, and the experts go on with it: each word stands in the colour of the expert that had most to say.\n[Ask the Mixture](command:polymath.pages.tokens)\nIn any file, select a question and press Shift+Alt+P A. Other programs ask the same models over the OpenAI protocol: [Start Endpoint](command:polymath.endpoint.start).',
      completionEvents: ['onCommand:polymath.pages.tokens', 'onCommand:polymath.ask', 'onCommand:polymath.experts.ask'],
      media: {
        svg: 'media/walkthrough/ask.svg',
        altText: 'An answer whose words are coloured by expert',
      },
    },
  ],
};

/**
 * Of the experts and piles, by their numbers: on dark, light, dark high contrast and light high contrast. Each can be read as a letter on its
 * ground, and they are told apart by those who see no red, no green or no blue, too.
 */
export const expertColors = [
  ['#4a81f9', '#145efa', '#6192fd', '#0d49c4'],
  ['#c17611', '#a46915', '#d2862a', '#592302'],
  ['#54e5b9', '#2a8747', '#57f2ca', '#035e34'],
  ['#dab3ff', '#6729a9', '#ddb8fe', '#77208e'],
  ['#e65461', '#761e33', '#ff687a', '#ae1037'],
  ['#facb04', '#624306', '#fbd227', '#745000'],
];

export const appearance = {
  configurationDefaults: {
    'files.watcherExclude': {
      '**/.polymath/**': true,
    },
    'search.exclude': {
      '**/.polymath': true,
    },
    '[polymath-document]': {
      'editor.wordWrap': 'on',
      'editor.lineNumbers': 'off',
      'editor.codeLens': true,
    },
  },
  languages: [
    {
      id: 'polymath-document',
      aliases: ['Polymath Document'],
    },
  ],
  walkthroughs: [walkthrough],
  chatParticipants: [
    {
      id: 'polymath.chat',
      name: 'polymath',
      fullName: 'Polymath',
      description: 'Ask the experts that this project has trained',
      isSticky: true,
      commands: [
        {
          name: 'mixture',
          description: 'The mixture of all experts',
        },
        {
          name: 'expert',
          description: 'One expert: its letter, then the question',
        },
        {
          name: 'council',
          description: 'A council: its name, then the question',
        },
      ],
    },
  ],
  languageModelChatProviders: [
    {
      vendor: 'polymath',
      displayName: 'Polymath',
    },
  ],
  colors: expertColors.map(([dark, light, highContrast, highContrastLight], index) => ({
    id: `polymath.expert${index + 1}`,
    description: `Experts and piles number ${index + 1} of every six: underlines, letters and marks, whose forms tell the rounds apart.`,
    defaults: { dark, light, highContrast, highContrastLight },
  })),
};
