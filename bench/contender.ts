import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

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

type Child = ChildProcessByStdio<Writable, Readable, null>;

/**
 * A process that holds one piece of work and repeats it when it is asked, so that contenders take turns and what disturbs
 * the machine disturbs them alike. It gets and says lines of JSON: `Ready` after the first, a `Sample` after each other.
 */
export class Contender {
  private constructor(
    private readonly child: Child,
    private readonly answers: AsyncIterator<string>,
    readonly ready: Ready,
  ) {}

  /** `setup` is what the process is told first. Throws where it ends before it is ready. */
  static async start([program, ...args]: readonly string[], setup: unknown): Promise<Contender> {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: cleanEnvironment() });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await once(child, 'spawn');
    return new Contender(child, answers, (await ask(child, answers, setup)) as Ready);
  }

  async repeat(): Promise<Sample> {
    return (await ask(this.child, this.answers, {})) as Sample;
  }

  async end(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.stdin.end();
    await exit;
  }
}

/** Settings made for another BLAS are not this machine's. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...environment } = process.env;
  return environment;
}

async function ask(child: Child, answers: AsyncIterator<string>, request: unknown): Promise<unknown> {
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const answer = await answers.next();
  if (answer.done !== true) return JSON.parse(answer.value);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const how = child.signalCode === null ? `with code ${child.exitCode}` : `by ${child.signalCode}`;
  throw new Error(`${child.spawnargs.join(' ')} ended ${how} before it had answered`);
}
