import { DivergedError } from '../train/divergence';
import { UserError } from '../base/errors';
import type { Failure } from '../protocol/run';
import { isDiskFull } from '../store/failures';
import { NoCheckpointError, OtherVersionError } from './checkpointer';

/** Inputs of a run are not what they were when it began. */
export class InputsChangedError extends Error {
  override readonly name = 'InputsChangedError';
}

/** A failure that was told by a process further down. */
export class ToldFailure extends Error {
  override readonly name = 'ToldFailure';

  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/**
 * What went wrong, in the user's words, with the next step. Of a defect it has the message alone: whoever catches the error logs it
 * with its stack.
 */
export function explainFailure(error: unknown): Failure {
  if (error instanceof ToldFailure) return error.failure;
  if (error instanceof DivergedError) {
    return {
      reason: 'diverged',
      message: `Training diverged. ${error.message} Its update was not made; the last checkpoint is kept.`,
      next: 'Start it again with a lower learning rate.',
    };
  }
  if (error instanceof NoCheckpointError) {
    return {
      reason: 'no-checkpoint',
      message: `None of the checkpoints can be read:\n${error.message}`,
      next: 'Start a new run with the same settings; check the disk.',
    };
  }
  if (error instanceof OtherVersionError) {
    const next = 'Start a new run with the same settings, or resume it with that version.';
    return { reason: 'no-checkpoint', message: error.message, next };
  }
  if (error instanceof InputsChangedError) {
    return { reason: 'inputs-changed', message: error.message, next: 'Start a new run on what is there now.' };
  }
  if (isDiskFull(error)) {
    return {
      reason: 'disk-full',
      message: error instanceof Error ? error.message : 'The disk is full.',
      next: 'Free some space, then resume the run; the checkpoint before is kept.',
    };
  }
  if (isOutOfMemory(error)) return outOfMemory;
  if (error instanceof UserError) return { reason: 'user-error', message: error.message, next: error.next };
  return {
    reason: 'defect',
    message: error instanceof Error ? error.message : String(error),
    next: 'This is a defect in Polymath: please report it with the log.',
  };
}

export const outOfMemory: Failure = {
  reason: 'out-of-memory',
  message: 'The run ran out of memory.',
  next: 'Close other programs, or use fewer experts, a lower rank or fewer documents; then resume it or start it again.',
};

function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof RangeError && /allocation|array buffer/i.test(error.message)) return true;
  return /bad_alloc|failed to allocate|out of memory/i.test(error.message);
}

/** The failure of a process that ended without a word, from how it ended and the last lines that it wrote. */
export function explainExit(code: number | null, signal: NodeJS.Signals | null, lastLines: string): Failure {
  // V8 aborts when its heap or a zone of its compiler is full; Linux's out-of-memory killer sends SIGKILL.
  if (/out ?of ?memory|bad_alloc|Cannot allocate memory/i.test(lastLines)) return outOfMemory;
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  const hint = signal === 'SIGKILL' ? ' The system ends processes so when memory runs out.' : '';
  return {
    reason: 'crashed',
    message: `The process of the run was ended ${how}.${hint}`,
    next: 'Resume the run: it goes on from its last checkpoint. The log has what it said last.',
  };
}
