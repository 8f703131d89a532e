/**
 * Questions to programs that answer one and end: for what the coordinator must not load itself. What is asked and what is answered
 * is checked at both ends.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { UserError } from '../base/errors';
import { failure } from '../protocol/run';
import { becomeChild } from './child';
import { explainFailure, ToldFailure } from './failure';

/** What a program is asked, and what it answers. */
export interface Exchange<Q, A> {
  readonly question: z.ZodType<Q>;
  readonly answer: z.ZodType<A>;
}

const replyTo = <Q, A>({ answer }: Exchange<Q, A>) =>
  z.union([z.strictObject({ answer }), z.strictObject({ failure })]);

export interface AskOptions {
  /** Ends the program when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Of the command that starts the program. */
  readonly args?: readonly string[];
}

/**
 * Asks a built program. Throws UserError as the program tells it, ToldFailure for a defect, whose stack is in the log, and the
 * signal's reason once it is aborted.
 */
export async function askChild<Q, A>(
  program: string,
  exchange: Exchange<Q, A>,
  question: Q,
  { signal, args = [] }: AskOptions = {},
): Promise<A> {
  signal?.throwIfAborted();
  const asked = exchange.question.parse(question) as object;
  // What it says on standard error goes to the log.
  const child = fork(program, args, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const stop = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    child.send(asked);
    const ended = once(child, 'exit').then(([code, killedBy]: unknown[]) => {
      signal?.throwIfAborted();
      throw new Error(`${program} ended with ${String(code ?? killedBy)}`);
    });
    const [said] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
    signal?.throwIfAborted();
    const reply = replyTo(exchange).parse(said);
    if ('answer' in reply) return reply.answer;
    const { reason, message, next } = reply.failure;
    throw reason === 'defect' ? new ToldFailure(reply.failure) : new UserError(message, next);
  } catch (error) {
    stop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** The whole of such a program: hears one question, answers it or tells why not, and ends. */
export function answerOne<Q, A>(
  { question, answer }: Exchange<Q, A>,
  handler: (question: Q, signal: AbortSignal) => A | Promise<A>,
): void {
  const { send, signal } = becomeChild();
  const reply = async (raw: unknown): Promise<object> => ({
    answer: answer.parse(await handler(question.parse(raw), signal)),
  });
  process.once('message', (raw) => {
    void reply(raw)
      .catch((error: unknown) => {
        const failure = explainFailure(error);
        if (failure.reason === 'defect') console.error(error);
        return { failure };
      })
      .then(send)
      .finally(() => setTimeout(() => process.exit(0), 200));
  });
}
