/** What leads from a corpus to answers: commands, as buttons call them. */

export interface Step {
  readonly title: string;
  readonly command: string;
  readonly arguments?: readonly unknown[];
}

export const steps = {
  pipeline: { title: 'From Corpus to Answer…', command: 'polymath.pipeline' },
  importSample: { title: 'Import Sample Corpus', command: 'polymath.datasets.importSample' },
  import: { title: 'Import Corpus…', command: 'polymath.datasets.import' },
  split: { title: 'Split into Piles…', command: 'polymath.datasets.split' },
  train: { title: 'Train Experts…', command: 'polymath.experts.train' },
  importExperts: { title: 'Import Experts…', command: 'polymath.experts.import' },
  mix: { title: 'Train Mixer…', command: 'polymath.experts.mix' },
  evaluate: { title: 'Evaluate…', command: 'polymath.experts.evaluate' },
  ask: { title: 'Ask…', command: 'polymath.experts.ask' },
} as const satisfies Readonly<Record<string, Step>>;
