/**
 * An error that the user can cause and mend: `message` names the cause, `next` the step that mends it.
 * Everything else that is thrown is a defect and shows its stack.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';

  constructor(
    message: string,
    readonly next: string,
  ) {
    super(message);
  }
}

/** Another window or command was first: it has changed what a change was made from, or does the same already. */
export class ConflictError extends UserError {
  override readonly name = 'ConflictError';
}
