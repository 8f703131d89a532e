/** What is said where a command did not come to its end, and the exit code that goes with it. */
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { ZodError } from 'zod';
import { UserError } from '../base/errors';
import { isSystemError } from '../base/files';
import { firstFault } from '../base/issues';
import { FailedChecks } from './checks';
import { type CommandContext, writeJson } from './context';
import { withFlags } from './settings-flags';

/** Why work stopped when the user asked for it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Why work stopped when the program that read its output went away, as `head` does: nobody is left to be told. */
export class Unread extends Error {
  override readonly name = 'Unread';
}

interface Ending {
  readonly code: number;
  readonly message: string;
  readonly next: string;
  /** Where a defect is. */
  readonly trace?: string;
}

function endingOf(error: unknown, { kinds }: CommandContext): Ending {
  if (error instanceof CommanderError) {
    return { code: 2, message: error.message.replace(/^error: /, ''), next: 'Add --help for the options.' };
  }
  if (error instanceof Interrupted) {
    const next = 'Everything that was finished is kept; nothing was left half-written.';
    return { code: 130, message: 'Stopped.', next };
  }
  if (error instanceof UserError) {
    return { code: 1, message: withFlags(error.message, kinds), next: withFlags(error.next, kinds) };
  }
  const known = systemFault(error);
  if (known !== undefined) return { code: 1, message: known.message, next: known.next };
  const message =
    error instanceof ZodError ? firstFault(error) : error instanceof Error ? error.message : String(error);
  const next = 'This is a defect in Polymath: please report it with the lines above.';
  return { code: 1, message, next, trace: inspect(error) };
}

/** What the system refused wherever it happened, in words; undefined for anything else. */
export function systemFault(error: unknown, what?: string): UserError | undefined {
  if (!(error instanceof Error)) return undefined;
  const file = what ?? ('path' in error && typeof error.path === 'string' ? error.path : 'a file');
  if (isSystemError(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) {
    return new UserError(
      `The disk is full: ${file} could not be written.`,
      'Free some space and run the command again.',
    );
  }
  if (isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) {
    return new UserError(`${file} may not be read or written here.`, 'Change its permissions, or use another folder.');
  }
  return undefined;
}

/**
 * The exit code. What went wrong is told on standard error; where JSON was asked for it is on standard output, which is then one value
 * whatever happens: `{"error": {"message", "next"}}`.
 */
export function explain(error: unknown, json: boolean, context: CommandContext): number {
  const { progress, signal } = context;
  if (signal.reason instanceof Unread) return 0;
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const { code, message, next, trace } = endingOf(error, context);
  progress.finish('failed');
  if (trace !== undefined) progress.print(trace);
  if (json && !(error instanceof FailedChecks)) writeJson(context, { error: { message, next } });
  else if (trace !== undefined) progress.print(next);
  // What is wrong with the options was told, with a hint, when they were read.
  else if (!(error instanceof CommanderError)) progress.print(`${message}${code === 130 ? ' ' : '\n'}${next}`);
  return code;
}
