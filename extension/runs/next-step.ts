import { runKinds, type KindTable } from '../../backend/kinds/specs';
import type { RunRecord } from '../../backend/protocol/run';
import { type Step, steps } from '../steps';
import { hasStages } from './stages';

/** What makes sense after a run: a command, called on what the run made. */
export interface NextStep extends Step {
  readonly on?: string | undefined;
}

export function nextStep({ id, spec, result }: RunRecord, kinds: KindTable = runKinds): NextStep {
  if (hasStages({ spec }, kinds)) {
    return { title: 'Show First Answer', command: 'polymath.pipeline.answer', on: id };
  }
  switch (Object.hasOwn(kinds, spec.kind) ? kinds[spec.kind].makes : undefined) {
    case 'dataset':
      return { ...steps.split, on: result };
    case 'index':
      return { title: 'Find Documents…', command: 'polymath.find', on: result };
    case 'split':
      return { ...steps.train, on: result };
    case 'experts':
      // Without a split there are no piles that a mixer could learn from.
      return spec.split === undefined ? { ...steps.evaluate, on: result } : { ...steps.mix, on: result };
    case 'mixer':
      return { ...steps.ask, on: String(spec.experts) };
    case 'council':
      return { title: 'Ask with…', command: 'polymath.askWith' };
    case 'table':
      return { title: 'Open Table', command: 'polymath.evaluations.openTable', on: result };
    case 'evaluation':
      return { title: 'Open Evaluation', command: 'polymath.pages.evaluation', on: result };
    case 'questions':
    case 'model':
    case undefined:
      return { title: 'Show Runs', command: 'polymath.runs.focus' };
  }
}
