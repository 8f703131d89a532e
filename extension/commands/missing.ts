import { UserError } from '../../backend/protocol/errors';

export interface Step {
  readonly title: string;
  readonly command: string;
  readonly arguments?: readonly unknown[];
}

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
