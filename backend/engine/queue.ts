import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../base/canonical-json';
import { UserError } from '../base/errors';
import type { GuideOffer } from '../protocol/guide';
import type { Outcome } from '../protocol/outcome';
import type { RunProgress, RunRecord, RunSpec, RunState } from '../protocol/run';
import { explainFailure } from './failure';
import { Rate, Whole } from './rate';
import { clearRun, createRun, loadOutcome, loadRecords, saveRecord } from './run-files';
import { type Halt, type Performer, type RunEnd, RunProcess } from './run-process';

export interface QueueOptions {
  /** The folder `runs` of the project. */
  readonly folder: string;
  /** The records that the store has: they take the place of damaged ones. */
  readonly kept?: ReadonlyMap<string, RunRecord>;
  /** The built runner. */
  readonly program: string;
  /** Takes what a run made into the store, together with its record as it is when it is done. */
  readonly takeOver: (record: RunRecord, outcome: Outcome) => Promise<void>;
  /** A record changed, durably. */
  readonly onChange: (record: RunRecord) => Promise<void>;
  readonly onProgress: (run: string, progress: RunProgress) => void;
  /** Who leads a run whose work other runs do; undefined where a process does it. */
  readonly lead?: (record: RunRecord, report: (progress: RunProgress) => void) => Performer | undefined;
  /** Runs of one lane go one after the other. */
  readonly laneOf: (spec: RunSpec) => string;
  /** The specification of an earlier version in today's words. */
  readonly upgrade: (spec: RunSpec) => RunSpec;
}

interface Active {
  readonly performer: Performer;
  readonly started: number;
  ending?: Halt;
}

const resumable: readonly RunState[] = ['paused', 'interrupted', 'failed', 'cancelled'];

/** The runs of a project: which wait, which are at work, what became of the others. */
export class RunQueue {
  /** Where the editor's models are asked, for runs that begin from now on. It holds a key, and is kept in memory alone. */
  guide: GuideOffer | undefined;
  private readonly records = new Map<string, RunRecord>();
  private readonly active = new Map<string, Active>();
  private closed = false;
  private saving: Promise<void> = Promise.resolve();
  /** Resolve when a run at work has ended and all is written. */
  private readonly ends = new Map<string, Promise<void>>();

  private constructor(private readonly options: QueueOptions) {}

  /**
   * Takes up the runs of a project. What waited or was at work when the backend ended counts as interrupted, unless it had
   * finished: then its outcome is taken over now.
   */
  static async open(options: QueueOptions): Promise<RunQueue> {
    const queue = new RunQueue(options);
    for (const record of await loadRecords(options.folder, options.kept)) {
      queue.records.set(record.id, { ...record, spec: options.upgrade(record.spec) });
    }
    for (const record of queue.records.values()) {
      const outcome = record.state === 'done' ? undefined : await loadOutcome(queue.folderOf(record.id));
      if (outcome !== undefined) await queue.finish(record, outcome, {}).catch((error) => queue.fail(record.id, error));
      // What waited is not begun either: whoever only looks at a project must not set its machine to work.
      else if (record.state === 'running' || record.state === 'queued') {
        await queue.save({ ...record, state: 'interrupted' });
      }
    }
    return queue;
  }

  /** Newest first, without stages; those of a `parent` in their order. */
  list(state?: RunState, parent?: string): RunRecord[] {
    const found = [...this.records.values()].filter(
      (record) => record.parent === parent && (state === undefined || record.state === state),
    );
    return parent === undefined ? found.reverse() : found;
  }

  /** Newest first, stages too. */
  all(): RunRecord[] {
    return [...this.records.values()].reverse();
  }

  /** The run itself, or the one that it is a stage of: what is asked of a stage is asked of the whole. */
  whole(id: string): RunRecord {
    const record = this.get(id);
    return record.parent === undefined ? record : this.get(record.parent);
  }

  get(id: string): RunRecord {
    const record = this.records.get(id);
    if (record === undefined) throw new UserError(`There is no run ${id}.`, 'See `polymath runs`.');
    return record;
  }

  /** The run that waits or is at work and was told the same. */
  twinOf(spec: RunSpec): RunRecord | undefined {
    const told = canonicalJson(spec);
    return this.pending().find((record) => canonicalJson(record.spec) === told);
  }

  folderOf(id: string): string {
    return join(this.options.folder, id);
  }

  async start(
    spec: RunSpec,
    inputs: unknown,
    {
      parent,
      estimate,
      device,
      workers,
      machine,
      keep = false,
    }: Pick<RunRecord, 'parent' | 'estimate' | 'device' | 'workers' | 'machine'> & { keep?: boolean } = {},
  ): Promise<RunRecord> {
    // The time first: ids sort as the runs were made.
    const id = `run-${Date.now().toString(36)}${randomBytes(4).readUInt32LE().toString(36).padStart(7, '0')}`;
    const created = new Date().toISOString();
    const record: RunRecord = {
      id,
      spec,
      state: 'queued',
      created,
      attempt: 0,
      seconds: 0,
      inputs: {},
      ...(parent === undefined ? {} : { parent }),
      ...(device === undefined ? {} : { device }),
      ...(workers === undefined ? {} : { workers }),
      ...(machine === undefined ? {} : { machine }),
      ...(estimate === undefined ? {} : { estimate }),
      ...(keep && { keep }),
    };
    await createRun(this.options.folder, record, inputs);
    await this.save(record);
    this.next();
    return this.get(id);
  }

  /** Stops the run for good, as far as it goes: its checkpoint stays, and `resume` takes it up again. Twice is once. */
  cancel(id: string): Promise<RunRecord> {
    return this.stop(this.whole(id).id, 'cancelled');
  }

  pause(id: string): Promise<RunRecord> {
    return this.stop(this.whole(id).id, 'paused');
  }

  async resume(id: string): Promise<RunRecord> {
    const record = this.get(id);
    if (record.state === 'queued' || record.state === 'running') return record;
    if (!resumable.includes(record.state)) {
      throw new UserError(`The run ${id} is ${record.state}.`, 'Start a new run to do it again.');
    }
    const { failure, ended, ...rest } = record;
    await this.save({ ...rest, state: 'queued' });
    this.next();
    return this.get(id);
  }

  /** Says whether a run goes on without a window; of one that has ended it is remembered for `resume`. */
  async keep(id: string, keep: boolean): Promise<RunRecord> {
    const whole = this.whole(id);
    for (const run of [whole, ...this.list(undefined, whole.id)]) await this.save({ ...this.get(run.id), keep });
    return this.get(whole.id);
  }

  /** Whether a run that is to be kept waits or is at work. */
  get keeps(): boolean {
    return this.pending().some(({ keep }) => keep === true);
  }

  /** Interrupts what is not to be kept. */
  async interruptOthers(): Promise<void> {
    const others = this.pending().filter(({ keep }) => keep !== true);
    // First those that wait: the end of one at work would start the next.
    const waiting = others.filter(({ id }) => !this.active.has(id));
    for (const { id } of [...waiting, ...others]) await this.stop(id, 'interrupted');
  }

  async remove(id: string): Promise<void> {
    const { state } = this.get(id);
    if (state === 'running' || this.active.has(id))
      throw new UserError(`The run ${id} is at work.`, 'Cancel it first.');
    this.records.delete(id);
    await rm(this.folderOf(id), { recursive: true, force: true });
  }

  /** Stops everything, with checkpoints. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.active.keys()].map((id) => this.stop(id, 'interrupted')));
  }

  /** Stops this very run, be it a stage. */
  async stop(id: string, state: Halt): Promise<RunRecord> {
    const record = this.get(id);
    const active = this.active.get(id);
    if (active !== undefined) {
      active.ending ??= state;
      await active.performer.stop(active.ending);
      await this.ends.get(id);
      return this.get(id);
    }
    if (record.state === 'queued' || (state === 'cancelled' && resumable.includes(record.state))) {
      await this.save({ ...record, state });
    }
    return this.get(id);
  }

  private pending(): RunRecord[] {
    return [...this.records.values()].filter(({ state }) => state === 'queued' || state === 'running');
  }

  /** Starts what may start: the oldest queued run of each lane that is free. */
  private next(): void {
    if (this.closed) return;
    const busy = new Set([...this.active.keys()].map((id) => this.options.laneOf(this.get(id).spec)));
    for (const record of this.records.values()) {
      const lane = this.options.laneOf(record.spec);
      if (record.state !== 'queued' || busy.has(lane)) continue;
      busy.add(lane);
      this.launch(record);
    }
  }

  private launch(record: RunRecord): void {
    const { id } = record;
    const rate = new Rate();
    const whole = record.estimate && new Whole(record.estimate.seconds, record.seconds);
    const tell = (progress: RunProgress): void => this.progress(id, whole?.add(progress) ?? progress);
    const started = new Date().toISOString();
    const { progress, ...rest } = record;
    this.records.set(id, {
      ...rest,
      state: 'running',
      attempt: record.attempt + 1,
      started: record.started ?? started,
    });
    const performer =
      this.options.lead?.(record, tell) ??
      new RunProcess({
        program: this.options.program,
        folder: this.folderOf(id),
        guide: this.guide,
        onMessage: (message) => {
          if (message.type === 'progress') tell(rate.add(message.progress));
          else void this.save({ ...this.get(id), inputs: { ...message.inputs, ...this.get(id).inputs } });
        },
      });
    const active: Active = { performer, started: performance.now() };
    this.active.set(id, active);
    const work = async (): Promise<void> => {
      await this.save(this.get(id));
      await this.settle(id, active, await performer.ended);
    };
    const ended = work()
      .catch((error: unknown) => this.fail(id, error))
      .finally(() => {
        this.active.delete(id);
        this.ends.delete(id);
        this.next();
      });
    this.ends.set(id, ended);
  }

  private progress(id: string, progress: RunProgress): void {
    this.records.set(id, { ...this.get(id), progress });
    this.options.onProgress(id, progress);
  }

  private async settle(id: string, active: Active, end: RunEnd): Promise<void> {
    const seconds = (performance.now() - active.started) / 1000;
    const before = this.get(id);
    const record: RunRecord = { ...before, seconds: before.seconds + seconds, ended: new Date().toISOString() };
    if (end.kind === 'finished') {
      const outcome = await loadOutcome(this.folderOf(id));
      if (outcome === undefined) throw new Error(`the outcome of ${id} is missing`);
      const { tokens, memory } = end;
      await this.finish(record, outcome, { actual: { tokens, seconds: record.seconds, memory } });
    } else if (active.ending !== undefined) {
      await this.save({ ...record, state: active.ending });
    } else if (end.kind === 'stopped') {
      await this.save({ ...record, state: 'interrupted' });
    } else {
      // A full disk mends itself when there is room again: the run waits for that.
      const state = end.failure.reason === 'disk-full' ? 'paused' : 'failed';
      await this.save({ ...record, state, failure: end.failure });
    }
  }

  private async finish(record: RunRecord, outcome: Outcome, more: Pick<RunRecord, 'actual'>): Promise<void> {
    const { failure, ...rest } = record;
    const done: RunRecord = { ...rest, ...more, state: 'done', result: outcome.result };
    await this.options.takeOver(done, outcome);
    await this.save(done);
    await clearRun(this.folderOf(record.id));
  }

  private fail(id: string, error: unknown): Promise<void> {
    console.error(error);
    return this.save({ ...this.get(id), state: 'failed', failure: explainFailure(error) });
  }

  /** In memory at once; on disk one after the other, always the latest. */
  private save(record: RunRecord): Promise<void> {
    const { id } = record;
    this.records.set(id, record);
    const write = async (): Promise<void> => {
      const latest = this.records.get(id);
      if (latest === undefined) return;
      await saveRecord(this.folderOf(id), latest);
      await this.options.onChange(latest);
    };
    const saved = this.saving.then(write, write);
    this.saving = saved;
    return saved;
  }
}
