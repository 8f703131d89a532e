/** Leads a run whose work other runs do, its stages: one after the other, each taken over into the project as if it had been started alone. */
import { appendFile } from 'node:fs/promises';
import { formatDuration } from '../base/format';
import { secondsLeftOf } from '../engine/rate';
import { logFile, saveOutcome } from '../engine/run-files';
import type { RunQueue } from '../engine/queue';
import type { Halt, Performer, RunEnd } from '../engine/run-process';
import { explainFailure } from '../engine/failure';
import type { Stage } from '../kinds/kind';
import type { RunProgress, RunRecord, RunSpec } from '../protocol/run';
import type { EventHub } from '../rpc/server/events';

/** What leading takes of a project. */
export interface Led {
  readonly queue: RunQueue;
  readonly events: EventHub;
  /** Starts a stage, which is one of `parent`. */
  readonly start: (spec: RunSpec, parent: RunRecord) => Promise<RunRecord>;
  /** Goes on with one that was stopped. */
  readonly resume: (run: string) => Promise<RunRecord>;
}

/** Seconds between two words about progress where a stage itself says nothing. */
const pulse = 1;

export class StageLeader implements Performer {
  readonly ended: Promise<RunEnd>;
  private halt: Halt | undefined;
  /** The stage at work, and when this attempt of it began. */
  private current: { readonly run: string; readonly began: number } | undefined;

  constructor(
    private readonly led: Led,
    private readonly whole: RunRecord,
    private readonly stages: readonly (Stage & { readonly label: string })[],
    private readonly report: (progress: RunProgress) => void,
  ) {
    this.ended = this.lead().catch((error: unknown): RunEnd => {
      const failure = explainFailure(error);
      if (failure.reason === 'defect') console.error(error);
      return { kind: 'failed', failure };
    });
  }

  async stop(how: Halt): Promise<void> {
    this.halt ??= how;
    if (this.current !== undefined) await this.led.queue.stop(this.current.run, how);
    await this.ended;
  }

  private get runs(): readonly RunRecord[] {
    return this.led.queue.list(undefined, this.whole.id);
  }

  private async lead(): Promise<RunEnd> {
    let made: string | undefined;
    for (const stage of this.stages) {
      if (this.halt !== undefined) return { kind: 'stopped' };
      const run = await this.carryOut(stage, made);
      if (run.state !== 'done') {
        return run.failure === undefined ? { kind: 'stopped' } : { kind: 'failed', failure: run.failure };
      }
      made = run.result;
    }
    await saveOutcome(this.folder, { result: made ?? '' });
    const costs = this.runs.flatMap(({ actual }) => actual ?? []);
    return {
      kind: 'finished',
      tokens: costs.reduce((sum, { tokens }) => sum + tokens, 0),
      memory: Math.max(0, ...costs.map(({ memory }) => memory)),
    };
  }

  private get folder(): string {
    return this.led.queue.folderOf(this.whole.id);
  }

  /** Starts the stage, goes on with it, or finds it done; resolves when it is neither queued nor at work any more. */
  private async carryOut(stage: Stage, made: string | undefined): Promise<RunRecord> {
    const { queue, events } = this.led;
    const before = this.runs.find(({ spec }) => spec.kind === stage.kind);
    if (before?.state === 'done') return before;
    const { id } =
      before === undefined
        ? await this.led.start({ ...stage.told(this.whole.spec, made), kind: stage.kind }, this.whole)
        : await this.led.resume(before.id);
    this.current = { run: id, began: performance.now() };
    if (this.halt !== undefined) await queue.stop(id, this.halt);
    const timer = setInterval(() => this.tell(), 1000 * pulse);
    let stopListening = (): void => undefined;
    try {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          if (!isPending(queue.get(id))) resolve();
        };
        stopListening = events.subscribe(({ event }) => {
          if (event.type === 'run' && event.run.id === id) look();
          if (event.type === 'progress' && event.run === id) this.tell();
        });
        this.tell();
        look();
      });
    } finally {
      stopListening();
      clearInterval(timer);
      this.current = undefined;
    }
    const run = queue.get(id);
    await this.log(run);
    return run;
  }

  /** Where the whole is: seconds of work beside those that are left, by what was estimated of each stage. */
  private tell(): void {
    if (this.current === undefined) return;
    const { queue } = this.led;
    const { run, began } = this.current;
    const { spec, state, progress, seconds: earlier } = queue.get(run);
    const at = this.stages.findIndex(({ kind }) => kind === spec.kind);
    const estimated = (kind: string): number =>
      this.whole.estimate?.stages?.find((stage) => stage.kind === kind)?.seconds ?? 0;
    const spent = earlier + (state === 'queued' ? 0 : (performance.now() - began) / 1000);
    const done = this.runs.reduce((sum, one) => sum + (one.id === run ? spent : one.seconds), 0);
    const following = this.stages.slice(at + 1).reduce((sum, { kind }) => sum + estimated(kind), 0);
    const left = secondsLeftOf(estimated(spec.kind), spent, progress?.secondsLeft) + following;
    const doing = state === 'queued' ? 'waits for its turn' : progress?.stage;
    const stage = `${at + 1}/${this.stages.length} ${this.stages[at].label}${doing === undefined ? '' : `: ${doing}`}`;
    const known = this.whole.estimate?.stages !== undefined;
    this.report({
      stage,
      done: Math.round(done),
      total: known ? Math.round(done + left) : 0,
      unit: 's',
      ...(progress?.note === undefined ? {} : { note: progress.note }),
      ...(known && { secondsLeft: left }),
    });
  }

  /** One line of the whole's log for each stage that ended. */
  private async log({ id, spec, state, seconds, result }: RunRecord): Promise<void> {
    const made = result === undefined ? '' : `, it made ${result}`;
    await appendFile(logFile(this.folder), `${spec.kind} (${id}): ${state} in ${formatDuration(seconds)}${made}\n`);
  }
}

const isPending = ({ state }: RunRecord): boolean => state === 'queued' || state === 'running';
