/**
 * Runs whose tasks go to workers of a queue, while workers, their computing processes, Redis and the coordinator are killed at random
 * moments: what comes out is compared with a local run's that nothing disturbed, bit for bit.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '../../backend/base/random';
import type { RunRecord, RunSpec } from '../../backend/protocol/run';
import { generatedCorpus } from '../support/corpus';
import { RedisServer } from '../support/redis';
import { WorkerProcess } from '../support/worker-process';
import { processesOf, type RunningBackend, startBackend } from './backend';
import { describeMade, settled } from './matrix';

const kinds = ['split', 'train', 'mix', 'evaluate', 'compare'] as const;
type Kind = (typeof kinds)[number];

export interface WorkersResult {
  /** Kills by whom they met. */
  readonly kills: Readonly<Record<string, number>>;
  /** Runs that were compared, and in how many attempts they came to their end. */
  readonly runs: number;
  readonly attempts: number;
  /** Results that a worker had, and was not allowed to publish. */
  readonly refused: number;
}

export interface WorkersOptions {
  readonly kills: number;
  readonly seed: number;
  readonly documents: number;
  readonly workers: number;
  readonly only?: readonly Kind[];
  readonly log?: (line: string) => void;
}

export async function workersMatrix(options: WorkersOptions): Promise<WorkersResult> {
  const work = await mkdtemp(join(tmpdir(), 'polymath-workers-'));
  const matrix = new Matrix(work, options);
  try {
    return await matrix.run();
  } finally {
    await matrix.end();
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What runs begin with, and what each makes. */
interface Reference {
  readonly folder: string;
  readonly specs: Readonly<Record<Kind, RunSpec>>;
  readonly made: Readonly<Record<Kind, string>>;
}

const victims = ['worker', 'computing process', 'redis', 'coordinator'] as const;

class Matrix {
  private readonly random: Random;
  private readonly log: (line: string) => void;
  private readonly workers: WorkerProcess[] = [];
  private readonly kills: Record<string, number> = Object.fromEntries(victims.map((victim) => [victim, 0]));
  private redis: RedisServer | undefined;
  private refused = 0;

  constructor(
    private readonly work: string,
    private readonly options: WorkersOptions,
  ) {
    this.random = createRandom(options.seed);
    this.log = options.log ?? ((): void => undefined);
  }

  async run(): Promise<WorkersResult> {
    const { kills, workers, only = kinds } = this.options;
    const reference = await this.makeReference();
    const redis = await RedisServer.start(join(this.work, 'redis'));
    this.redis = redis;
    for (let i = 0; i < workers; i++) this.workers.push(this.newWorker(redis));
    let [runs, attempts, done] = [0, 0, 0];
    while (runs < only.length || done < kills) {
      const kind = only[runs % only.length];
      const wanted = Math.min(kills - done, Math.ceil(kills / only.length));
      const record = await this.chain(kind, wanted, reference, redis);
      runs++;
      attempts += record.attempt;
      done = Object.values(this.kills).reduce((sum, count) => sum + count, 0);
      this.log(`${done} of ${kills} kills: ${kind} equal after ${record.attempt} attempts`);
    }
    for (const worker of this.workers) this.countRefused(worker);
    return { kills: this.kills, runs, attempts, refused: this.refused };
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.kill()));
    await this.redis?.kill();
    for (const pid of await processesOf(this.work)) kill(pid);
  }

  private get artifacts(): string {
    return join(this.work, 'shared');
  }

  private newWorker(redis: RedisServer): WorkerProcess {
    return new WorkerProcess(this.artifacts, { ...redis.variables, ...this.variables });
  }

  /** What makes lost work be noticed within a test. */
  private get variables(): Record<string, string> {
    return {
      POLYMATH_LOCK_SECONDS: '3',
      POLYMATH_CHECKPOINT_SECONDS: '0.3',
      POLYMATH_CACHE: join(this.work, 'cache'),
      POLYMATH_ARTIFACTS: this.artifacts,
    };
  }

  /** One run that is disturbed so many times, and then ends. */
  private async chain(kind: Kind, kills: number, reference: Reference, redis: RedisServer): Promise<RunRecord> {
    const folder = join(this.work, `project-${kind}-${this.random.below(1e9)}`);
    await cp(reference.folder, folder, { recursive: true });
    // What earlier runs left would make this one a lookup.
    await rm(this.artifacts, { recursive: true, force: true, maxRetries: 5 });
    const begin = (): Promise<RunningBackend> =>
      startBackend(folder, undefined, { ...redis.variables, ...this.variables });
    let backend = await begin();
    const { id } = await backend.client.call('runs/start', { spec: reference.specs[kind] });
    for (let i = 0; i < kills; i++) {
      await sleep(300 + 4000 * this.random.uniform());
      const victim = victims[this.random.below(victims.length)];
      this.kills[victim]++;
      if (victim === 'coordinator') {
        for (const pid of await processesOf(folder)) kill(pid);
        await backend.closed;
        backend = await begin();
      } else await this.disturb(victim, redis);
      const { state } = await backend.client.call('runs/get', { run: id });
      if (state !== 'done' && state !== 'running') await backend.client.call('runs/resume', { run: id });
    }
    const record = await settled(backend.client, id);
    if (record.state !== 'done') throw new Error(`${kind} ended ${record.state}: ${record.failure?.message}`);
    const made = await describeMade(folder, kind, record, backend.client);
    if (made !== reference.made[kind]) throw new Error(`${kind} made something else with workers`);
    await backend.client.close();
    backend.process.stdin?.end();
    await backend.closed;
    await rm(folder, { recursive: true, force: true });
    return record;
  }

  private async disturb(victim: 'worker' | 'computing process' | 'redis', redis: RedisServer): Promise<void> {
    if (victim === 'redis') {
      await redis.kill();
      await sleep(1000 * this.random.uniform());
      return redis.up();
    }
    const at = this.random.below(this.workers.length);
    const worker = this.workers[at];
    if (victim === 'computing process') {
      const { pid } = worker.child;
      for (const child of await childrenOf(pid ?? 0)) kill(child);
      return;
    }
    await worker.kill();
    this.countRefused(worker);
    this.workers[at] = this.newWorker(redis);
  }

  private countRefused({ said }: WorkerProcess): void {
    this.refused += said.match(/missing lock|lock mismatch|not the lock/gi)?.length ?? 0;
  }

  /** Everything once on this machine alone. */
  private async makeReference(): Promise<Reference> {
    const folder = join(this.work, 'reference');
    const source = join(this.work, 'corpus.jsonl');
    await mkdir(folder);
    await writeFile(source, generatedCorpus(this.options.documents));
    const { client, process: child, closed } = await startBackend(folder);
    const [specs, made] = [{}, {}] as [Record<string, RunSpec>, Record<string, string>];
    const finish = async (kind: string, spec: RunSpec): Promise<string> => {
      const record = await settled(client, (await client.call('runs/start', { spec })).id);
      if (record.state !== 'done') throw new Error(`${kind} ended ${record.state}: ${record.failure?.message}`);
      [specs[kind], made[kind]] = [spec, await describeMade(folder, kind as Kind, record, client)];
      this.log(`${kind} on this machine: ${record.seconds.toFixed(1)} s`);
      return record.result ?? '';
    };
    const { only = kinds } = this.options;
    const finishTrained = async (dataset: string, split: string): Promise<void> => {
      const training = { tokens: 20_000, rank: 4, learningRate: 5e-3, seed: 1, model: 'base' };
      const experts = await finish('train', { kind: 'train', clustering: split, ...training });
      const mixer = await finish('mix', { kind: 'mix', experts, seed: 1 });
      await finish('evaluate', { kind: 'evaluate', experts, mixer });
      const compared = { kind: 'compare', dataset, k: 2, tokens: 8000, seeds: [1], model: 'base' };
      if (only.includes('compare')) await finish('compare', compared);
    };
    const dataset = await finish('import', {
      kind: 'import',
      source,
      columns: {},
      seed: 0,
      validation: 0.1,
      test: 0.3,
    });
    const em = { method: 'em', k: 3, prefix: 24, rounds: 2, literal: false } as const;
    const split = await finish('split', { kind: 'split', dataset, ...em, seed: 1, model: 'base' });
    if (only.some((kind) => kind !== 'split')) await finishTrained(dataset, split);
    await client.close();
    child.stdin?.end();
    await closed;
    await rm(join(folder, 'tasks'), { recursive: true });
    return { folder, specs, made } as Reference;
  }
}

/** The processes that a process started. */
async function childrenOf(parent: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    if (Number(/\) \S (\d+)/.exec(stat)?.[1]) === parent) found.push(Number(name));
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in this moment.
  }
}
