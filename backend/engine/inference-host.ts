/**
 * The coordinator's side of the process that answers prompts: started with the first prompt, started again when it crashed,
 * ended when nobody asks for a while, because its memory is given back only then.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { UserError } from '../base/errors';
import {
  type Answer,
  embeddingRequest,
  type EmbeddingRequest,
  type Embeddings,
  type FromInference,
  fromInference,
  InferenceEndedError,
  inferenceRequest,
  type InferenceRequest,
  type ToInference,
} from '../protocol/inference';
import type { CallOptions } from '../protocol/messages';

export interface InferenceOptions {
  /** The built `backend/programs/inference.js`. */
  readonly program: string;
  /** Milliseconds without a question after which the process is ended; 10 minutes by default. */
  readonly idleMs?: number;
}

// The restart policy of language servers: a process that keeps dying is not started for ever.
const crashesAtMost = 5;
const crashWindowMs = 3 * 60_000;

/** What ends a question, but for a failure. */
type Outcome = Extract<FromInference, { type: 'answer' | 'vectors' }>;

interface Question extends Pick<CallOptions, 'onToken'> {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

export class InferenceHost {
  private child: ChildProcess | undefined;
  private readonly questions = new Map<number, Question>();
  private asked = 0;
  /** When it crashed, in milliseconds of `performance.now`. */
  private crashes: number[] = [];
  private idle: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: InferenceOptions) {}

  /** The process that answers, where one is alive. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Answers a prompt; tokens are told as they come. Rejects with UserError for what the user can mend, with
   * InferenceEndedError where the process died, and with the signal's reason at once when it is aborted.
   */
  async ask(request: InferenceRequest, { signal, onToken }: CallOptions = {}): Promise<Answer> {
    const given = inferenceRequest.parse(request);
    const tokens: Answer['tokens'] = [];
    const outcome = await this.put((id) => ({ type: 'ask', id, request: given }), {
      ...(signal && { signal }),
      onToken: (token) => {
        tokens.push(token);
        onToken?.(token);
      },
    });
    if (outcome.type !== 'answer') throw new Error('a question got vectors');
    return { ...outcome.answer, tokens };
  }

  /** Vectors of texts. Rejects as `ask` does. */
  async embed(request: EmbeddingRequest, { signal }: CallOptions = {}): Promise<Embeddings> {
    const given = embeddingRequest.parse(request);
    const outcome = await this.put((id) => ({ type: 'embed', id, request: given }), signal ? { signal } : {});
    if (outcome.type !== 'vectors') throw new Error('texts got an answer');
    return outcome.embeddings;
  }

  /** Puts a question to the process. */
  private put(question: (id: number) => ToInference, { signal, onToken }: CallOptions): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const child = this.running();
      const id = ++this.asked;
      const abort = (): void => {
        send(child, { type: 'cancel', id });
        settled(reject)(signal?.reason);
      };
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          signal?.removeEventListener('abort', abort);
          this.questions.delete(id);
          this.endWhenIdle();
          settle(value);
        };
      signal?.addEventListener('abort', abort);
      const hears = onToken === undefined ? {} : { onToken };
      this.questions.set(id, { resolve: settled(resolve), reject: settled(reject), ...hears });
      clearTimeout(this.idle);
      send(child, question(id));
    });
  }

  /** Ends the process; questions in flight are rejected. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.idle);
    await this.end();
  }

  private running(): ChildProcess {
    if (this.closed) throw new Error('the host of the answering process is closed');
    if (this.child !== undefined) return this.child;
    const now = performance.now();
    this.crashes = this.crashes.filter((time) => time > now - crashWindowMs);
    if (this.crashes.length >= crashesAtMost) {
      throw new InferenceEndedError(
        `The process that answers prompts ended unexpectedly ${crashesAtMost} times within 3 minutes.`,
        'Look at its last messages in the log, try a smaller model, and ask again in 3 minutes.',
      );
    }
    return (this.child = this.start());
  }

  private start(): ChildProcess {
    // Standard output of the coordinator is spoken for; what the process says on standard error goes to the log.
    const child = fork(this.options.program, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('message', (message) => this.hear(message));
    const gone = (how: string): void => {
      if (this.child !== child) return;
      this.child = undefined;
      this.crashes.push(performance.now());
      this.rejectAll(`ended unexpectedly (${how})`);
    };
    child.on('exit', (code, signal) => gone(signal ?? `exit code ${code}`));
    child.on('error', (error) => {
      child.kill('SIGKILL');
      gone(error.message);
    });
    return child;
  }

  private hear(raw: unknown): void {
    const message = fromInference.parse(raw);
    const question = this.questions.get(message.id);
    // A question that was taken back may still get a token or two.
    if (question === undefined) return;
    if (message.type === 'token') question.onToken?.(message.token);
    else if (message.type !== 'failed') question.resolve(message);
    else if (message.next === undefined) question.reject(new Error(message.message));
    else question.reject(new UserError(message.message, message.next));
  }

  private endWhenIdle(): void {
    if (this.questions.size > 0 || this.closed) return;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => void this.end(), this.options.idleMs ?? 10 * 60_000).unref();
  }

  private rejectAll(what: string): void {
    const error = new InferenceEndedError(
      `The process that answers prompts ${what} before the answer was whole.`,
      'Ask again; if it happens again, there may be too little memory for this model.',
    );
    for (const question of [...this.questions.values()]) question.reject(error);
  }

  /** Ends the process for good: it holds nothing that would have to be saved. */
  private async end(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    this.child = undefined;
    this.rejectAll('was ended');
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}

function send(child: ChildProcess, message: ToInference): void {
  // A channel that broke is reported by 'exit', which rejects the questions.
  child.send(message, () => undefined);
}
