import { UserError } from '../../backend/base/errors';
import { type Step, steps } from '../steps';

/** There is nothing yet for a command to work on. The steps that make it are offered with the message. */
export class MissingStep extends UserError {
  override readonly name = 'MissingStep';

  constructor(
    message: string,
    next: string,
    readonly steps: readonly Step[],
  ) {
    super(message, next);
  }
}

/** The views in which things are chosen before something is done with them. */
export const showDatasets: Step = { title: 'Show Datasets', command: 'polymath.datasets.focus' };
export const showPiles: Step = { title: 'Show Piles', command: 'polymath.piles.focus' };
export const showExperts: Step = { title: 'Show Experts', command: 'polymath.experts.focus' };

export const openLogs: Step = { title: 'Open Logs', command: 'polymath.openLogs' };

/** Commands of the command line, which the next steps of the backend name, as the editor has them. */
const named: readonly (readonly [RegExp, Step])[] = [
  [/polymath models pull/, { title: 'Pull Model…', command: 'polymath.models.pull' }],
  [/polymath split/, steps.split],
  [/polymath train/, steps.train],
  [/polymath experts import/, steps.importExperts],
  [/polymath mix/, steps.mix],
  [/polymath devices/, { title: 'Check Environment', command: 'polymath.checkEnvironment' }],
];

/** What the editor can offer for the next step that an error or a failed run names. */
export function stepsNamed(next: string): readonly Step[] {
  return named.filter(([pattern]) => pattern.test(next)).map(([, step]) => step);
}
