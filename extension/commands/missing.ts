import { UserError } from '../../backend/protocol/errors';

export interface Step {
  readonly title: string;
  readonly command: string;
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
