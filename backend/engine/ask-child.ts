import { fork } from 'node:child_process';
import { once } from 'node:events';
import { UserError } from '../base/errors';
import type { Failure } from './failure';

type Reply<T> = { readonly answer: T } | { readonly failure: Failure };

/**
 * Asks a program that answers one question and ends: for what the coordinator must not load itself. Throws UserError as the
 * program tells it, AbortError where the signal ends it.
 */
export async function askChild<T>(
  program: string,
  args: readonly string[],
  question: object,
  signal: AbortSignal = new AbortController().signal,
): Promise<T> {
  signal.throwIfAborted();
  const child = fork(program, args, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    child.send(question);
    const [reply] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [Reply<T> | number | null];
    signal.throwIfAborted();
    if (typeof reply !== 'object' || reply === null) throw new Error(`${program} ended with ${String(reply)}`);
    if ('answer' in reply) return reply.answer;
    const { reason, message, next } = reply.failure;
    if (reason === 'defect') throw new Error(message);
    throw new UserError(message, next);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
