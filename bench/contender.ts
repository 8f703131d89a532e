import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What a contender says once, when it has set itself up and done its work for the first time. */
export interface Ready {
  readonly tokens: number;
  /** Floating-point operations of one repetition; none where rows are so few that reading weights bounds the speed. */
  readonly flops?: number;
  /** Mean nats per token of the first time: contenders that differ here did not do the same work. */
  readonly loss?: number;
  /** Libraries that do the arithmetic, with their versions and threads. */
  readonly libraries?: string;
}

/** One repetition. */
export interface Sample {
  readonly seconds: number;
  /** The better of the GEMM speeds right before and right after, FLOP/s. */
  readonly gemm: number;
  /** Peak resident memory of the process so far, MiB. */
  readonly peakMiB: number;
}

/**
 * A process that holds one piece of work and repeats it when it is asked, so that contenders take turns and what disturbs
 * the machine disturbs them alike. It gets and says lines of JSON: `Ready` after the first, a `Sample` after each other.
 */
export class Contender {
  private constructor(
    private readonly child: ChildProcess,
    private readonly requests: NodeJS.WritableStream,
    private readonly answers: AsyncIterator<string>,
    readonly ready: Ready,
  ) {}

  /** `setup` is what the process is told first. Throws where it ends before it is ready. */
  static async start([program, ...args]: readonly string[], setup: unknown): Promise<Contender> {
    // Settings made for another BLAS are not this machine's.
    const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...environment } = process.env;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: environment });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await once(child, 'spawn');
    return new Contender(child, child.stdin, answers, (await ask(child.stdin, answers, setup)) as Ready);
  }

  async repeat(): Promise<Sample> {
    return (await ask(this.requests, this.answers, {})) as Sample;
  }

  async end(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.requests.end();
    await exit;
  }
}

async function ask(
  requests: NodeJS.WritableStream,
  answers: AsyncIterator<string>,
  request: unknown,
): Promise<unknown> {
  requests.write(`${JSON.stringify(request)}\n`);
  const answer = await answers.next();
  if (answer.done === true) throw new Error('a process that measures ended before it had answered');
  return JSON.parse(answer.value);
}
