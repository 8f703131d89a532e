import type { RunRecord } from '../../backend/protocol/run';

/** What makes sense after a run: a command, called on what the run made. */
export interface NextStep {
  readonly title: string;
  readonly command: string;
  readonly on?: string | undefined;
}

export function nextStep({ spec, result }: RunRecord): NextStep {
  switch (spec.kind) {
    case 'import':
      return { title: 'Split into Piles…', command: 'polymath.datasets.split', on: result };
    case 'split':
      return { title: 'Train Experts…', command: 'polymath.experts.train', on: result };
    case 'train':
      return { title: 'Train Mixer…', command: 'polymath.experts.mix', on: result };
    case 'import-experts':
      // Without a split there are no piles that a mixer could learn from.
      return spec.clustering === undefined
        ? { title: 'Evaluate…', command: 'polymath.experts.evaluate', on: result }
        : { title: 'Train Mixer…', command: 'polymath.experts.mix', on: result };
    case 'mix':
      return { title: 'Evaluate…', command: 'polymath.experts.evaluate', on: spec.experts };
    case 'import-questions':
    case 'evaluate':
    case 'compare':
    case 'merge':
    case 'pull':
      return { title: 'Show Runs', command: 'polymath.runs.focus' };
  }
}
