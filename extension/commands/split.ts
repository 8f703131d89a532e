import { runDefaults } from '../../backend/protocol/defaults';
import type { SplitMethod } from '../../backend/protocol/report';
import type { Embedding, EmStart, SplitSpec } from '../../backend/protocol/run';
import { guideBudget } from '../../backend/split/methods/guided/settings';
import { chord, inTitle, onRow } from '../contributions/contribution';
import { formatCount, formatNumber } from '../format';
import { guideSetting } from '../guide/choose';
import { askConsent, modelNamed } from '../guide/models';
import type { Polymath } from '../polymath';
import { baseModel, modelSetting } from '../wizard/base-model';
import { begin } from '../wizard/begin';
import type { Choice } from '../wizard/boxes';
import { pickDataset } from '../wizard/pick';
import { costOf, review, type RunStart, type Setting } from '../wizard/review';
import { choiceSetting, numberSetting, textSetting } from '../wizard/settings';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const splitCommands: CommandTable = {
  'polymath.datasets.split': {
    title: 'Split into Piles…',
    icon: 'split-horizontal',
    needs: 'backend',
    menus: [inTitle('piles', 'navigation@1'), onRow('datasets', 'dataset', 'inline@1', '2_work@1')],
    keys: [chord('s')],
    run: split,
  },
};

interface Settings {
  readonly model: string;
  readonly prefix: number;
  readonly rounds: number;
  readonly rule: 'balanced' | 'literal';
  readonly embedding: Embedding;
  readonly encoder: string;
  readonly balance: NonNullable<SplitSpec['balance']>;
  readonly beta: NonNullable<SplitSpec['beta']>;
  readonly begin: EmStart;
  readonly restarts: number;
  readonly sizes: 'free' | 'equal';
  readonly guide: string;
  readonly form: 'union' | 'grow';
  readonly microClusters: number;
  readonly queries: number;
  readonly quickTokens: number;
  readonly seed: number;
  readonly name: string;
}

const methods: readonly (Choice<SplitMethod> & { readonly value: SplitMethod })[] = [
  {
    label: 'Perplexity EM',
    description: 'recommended',
    detail: 'Experts compete for the documents: each goes to the one that reads it best.',
    value: 'em',
  },
  {
    label: 'Unigram EM',
    description: 'seconds',
    detail: 'By the words that documents use, without a base model.',
    value: 'unigram',
  },
  { label: 'k-Means', description: 'seconds', detail: 'By distances between word counts.', value: 'kmeans' },
  {
    label: 'Guided by a Language Model',
    description: 'minutes',
    detail: 'A model says which small clusters belong together, and why.',
    value: 'llm',
  },
  { label: 'Chance', description: 'control', detail: 'What any other method must be better than.', value: 'random' },
];

const gold: Choice<SplitMethod> = {
  label: 'Gold Domains',
  description: 'control',
  detail: 'A pile for each domain that the corpus names.',
  value: 'gold',
};

async function split(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Split into Piles', 4, (ask) => askSplit(ask, polymath, given));
  if (spec.kind === 'split' && spec.guide !== undefined) await prepareGuide(polymath, spec.guide);
  await begin(polymath, spec);
}

/** A model of the editor is asked by the backend, with the user's consent. */
export async function prepareGuide({ extension, guide }: Polymath, name: string): Promise<void> {
  if (!name.startsWith('editor:')) return;
  await askConsent(extension, await modelNamed(name.slice('editor:'.length)));
  await guide.offer();
}

async function askSplit(ask: Ask, polymath: Polymath, given: readonly unknown[]): Promise<RunStart> {
  const { seed, split } = runDefaults;
  const { id: dataset, domains, documents } = await pickDataset(ask, polymath, given);
  const lines = domains.length > 0 ? [...methods, gold] : methods;
  const method = await ask.pick({ placeholder: 'How are the documents told apart?', lines });
  const prompt = `Number of piles for ${formatNumber(documents.train, 'training document')}`;
  const k =
    method === 'gold'
      ? await ask.only(domains.length)
      : await ask.number({ prompt, value: split.k, least: 1, most: Math.min(1000, documents.train) });
  const specOf = (settings: Settings): RunStart => ({
    kind: 'split',
    dataset,
    method,
    k,
    seed: settings.seed,
    ...methodSettings(method, settings),
    ...(settings.quickTokens === 0 ? {} : { quickTokens: settings.quickTokens }),
    ...(settings.name === '' ? {} : { name: settings.name }),
  });
  const { microClusters, queries } = guideBudget(k, documents.train);
  const settings = await review<Settings>(ask, {
    settings: {
      model: baseModel(polymath),
      prefix: split.prefix,
      rounds: split.rounds,
      rule: 'balanced',
      begin: 'unigram',
      balance: 'capacity',
      beta: 'annealed',
      restarts: 1,
      embedding: 'tfidf',
      encoder: split.encoder,
      sizes: 'free',
      guide: split.guide,
      form: 'union',
      microClusters,
      queries,
      quickTokens: 0,
      seed,
      name: '',
    },
    rows: [...rowsOf(polymath, method), ...rows],
    start: 'Start Splitting',
    outlook: (settings, signal) => outlookOf(polymath, specOf(settings), settings, signal),
  });
  return specOf(settings);
}

/** What the run is told beyond what all methods take. */
function methodSettings(method: SplitMethod, settings: Settings): Partial<SplitSpec> {
  const { model, prefix, rounds, rule, begin, balance, beta, restarts, embedding, encoder, sizes } = settings;
  const { guide, form, microClusters, queries } = settings;
  switch (method) {
    case 'em':
      return rule === 'literal'
        ? { model, prefix, rounds: 1, literal: true }
        : { model, prefix, rounds, start: begin, balance, beta, restarts };
    case 'kmeans':
      return { model, embedding, balanced: sizes === 'equal', ...(embedding === 'sentence' ? { encoder } : {}) };
    case 'llm':
      return { model, guide, form, microClusters, queries };
    case 'unigram':
    case 'random':
    case 'gold':
      return {};
  }
}

function rowsOf(polymath: Polymath, method: SplitMethod): readonly Setting<Settings>[] {
  const model = modelSetting<Settings>(polymath);
  switch (method) {
    case 'em':
      return [model, ...emRows];
    case 'kmeans':
      return [...kmeansRows, { ...model, applies: ({ embedding }) => embedding === 'hidden' }];
    case 'llm':
      return [guideSetting<Settings>(), model, ...guidedRows];
    case 'unigram':
    case 'random':
    case 'gold':
      return [];
  }
}

/** How long somebody else takes to answer is not known. */
async function outlookOf(
  polymath: Polymath,
  spec: RunStart,
  { queries }: Settings,
  signal: AbortSignal,
): Promise<string> {
  if (spec.kind !== 'split' || spec.method !== 'llm') return costOf(polymath, spec, signal);
  const most = `at most ${formatCount(queries)} questions`;
  return spec.guide === 'likelihood' ? `${await costOf(polymath, spec, signal)} · ${most}` : most;
}

const kmeansRows: readonly Setting<Settings>[] = [
  choiceSetting('embedding', {
    label: 'Compared by',
    placeholder: 'What tells documents apart?',
    choices: {
      tfidf: 'their words',
      hidden: 'hidden states of the base model',
      sentence: 'a sentence encoder',
    },
  }),
  {
    ...textSetting<Settings>('encoder', {
      label: 'Sentence Encoder',
      prompt: 'A folder with an ONNX file, or a model of the hub',
      none: runDefaults.split.encoder,
    }),
    applies: ({ embedding }) => embedding === 'sentence',
  },
  choiceSetting('sizes', {
    label: 'Sizes of Piles',
    placeholder: 'How large may piles become?',
    choices: { free: 'as they come', equal: 'all equal' },
  }),
];

const guidedRows: readonly Setting<Settings>[] = [
  choiceSetting('form', {
    label: 'Form',
    placeholder: 'What becomes of what the guide names?',
    choices: { union: 'united at once', grow: 'joins, and what mostly holds the same is merged' },
  }),
  numberSetting('microClusters', {
    label: 'Small Clusters to Begin with',
    prompt: 'Small clusters; 0 begins with single documents',
    least: 0,
  }),
  numberSetting('queries', { label: 'Questions at Most', prompt: 'What they leave open goes by nearness', least: 1 }),
];

const byRule = ({ rule }: Settings): boolean => rule === 'balanced';

const emRows: readonly Setting<Settings>[] = [
  numberSetting('prefix', { label: 'Tokens Read of Each Document', prompt: 'Tokens from its beginning', least: 1 }),
  choiceSetting('rule', {
    label: 'Rule',
    placeholder: 'How are documents given to experts?',
    choices: {
      balanced: 'balanced and annealed',
      literal: 'plain: drawn inversely to the perplexity',
    },
  }),
  ...[
    numberSetting<Settings>('rounds', {
      label: 'Rounds at Most',
      prompt: 'How often all documents are gone through; it ends sooner when few move',
      least: 1,
    }),
    choiceSetting<Settings, EmStart>('begin', {
      label: 'Start',
      placeholder: 'What do the piles begin as?',
      choices: { unigram: 'piles by words (unigram EM)', kmeans: 'piles by k-means', random: 'random piles' },
    }),
    choiceSetting<Settings, Settings['balance']>('balance', {
      label: 'Balance',
      placeholder: 'How are piles kept from swallowing all?',
      choices: {
        capacity: 'a capacity while experts learn',
        sinkhorn: 'posteriors evened out (Sinkhorn)',
        off: 'not at all',
      },
    }),
    choiceSetting<Settings, Settings['beta']>('beta', {
      label: 'Weight of the Evidence (β)',
      placeholder: 'How much does the evidence of a document count?',
      choices: {
        annealed: 'rises from round to round',
        bayes: 'in full (Bayes)',
        literal: 'inversely to the perplexity',
      },
    }),
    numberSetting<Settings>('restarts', { label: 'Starts', prompt: 'The one with the least loss is kept', least: 1 }),
  ].map((row): Setting<Settings> => ({ ...row, applies: byRule })),
];

const rows: readonly Setting<Settings>[] = [
  numberSetting('quickTokens', {
    label: 'Tokens of Quick Experts',
    prompt: 'Experts of the piles, and of random ones, tell what the split is worth; 0 trains none',
    least: 0,
  }),
  numberSetting('seed', { label: 'Seed', prompt: 'Seed of all that is drawn', least: 0 }),
  textSetting('name', { label: 'Name', prompt: 'Name of the split', none: 'by its method' }),
];
