/** The coordinator: a project's store, its runs, and the process that answers prompts. It never loads ONNX Runtime. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { deviceChoices } from '../base/device';
import { productChoices } from '../base/precision';
import { ConflictError, UserError } from '../base/errors';
import { formatPercent } from '../base/format';
import type { BackendEvent } from '../protocol/event';
import { machineName } from '../base/machine';
import { program } from '../base/package-folder';
import type { Outcome } from '../protocol/outcome';
import {
  costOfAll,
  type RunCost,
  type RunDevice,
  type RunProgress,
  type RunRecord,
  type RunSpec,
  type RunState,
  type StageCost,
} from '../protocol/run';
import type { NamedWorkers } from '../protocol/workers';
import { canonicalJson } from '../base/canonical-json';
import { askChild } from '../engine/ask-child';
import { estimating } from '../engine/exchanges';
import { TaskFolder } from '../engine/tasks/task-folder';
import { DeviceChooser } from '../engine/devices/device-choice';
import { InferenceHost } from '../engine/inference-host';
import { RunQueue } from '../engine/queue';
import { workersOf } from '../engine/workers/address';
import { stagesOf } from '../kinds/kind';
import { kindNamed, readSpec, upgradeSpec } from '../kinds/read-spec';
import { requireSpaceForRun } from '../base/disk-space';
import { Semaphore } from '../store/semaphore';
import { Store } from '../store/store';
import { EventHub } from '../rpc/server/events';
import { corrected, type Planned } from './correction';
import { StageLeader } from './pipeline';
import { type Registries, standardRegistries } from './registries';

const largestQuickBackup = 64 * 2 ** 20;
// A larger store is copied when it is opened and the last copy is older than this, beside the work.
const backupHours = 24;
// Results of tasks spare work for so long; then they are removed.
const daysOfTasks = 30;

const mostRuns = 1_000_000;

interface StartOptions {
  /** Whether it goes on when the window closes. */
  readonly keep?: boolean;
  /** Whether it is done although another run does the same. */
  readonly again?: boolean;
  /** Who does its tasks; what is left out the environment says. */
  readonly workers?: NamedWorkers | undefined;
}

type StartedAs = Pick<RunRecord, 'device' | 'workers' | 'parent' | 'estimate'> & { readonly keep: boolean };

export class Project {
  readonly devices = new DeviceChooser();
  private readonly starts = new Semaphore(1);
  private readonly estimates = new Map<string, RunCost>();

  private constructor(
    readonly store: Store,
    readonly queue: RunQueue,
    readonly inference: InferenceHost,
    readonly events: EventHub,
    readonly registries: Registries,
  ) {}

  /** Opens the project of a folder `.polymath`, which is made where there is none. Throws as `Store.open` does. */
  static async open(folder: string, registries: Registries = standardRegistries): Promise<Project> {
    const { kinds, programs } = registries;
    const store = await Store.open(folder);
    await new TaskFolder(join(store.folder, 'tasks')).prune(daysOfTasks);
    const events = new EventHub();
    const inference = new InferenceHost({ program: await program(programs.inference) });
    const queue: RunQueue = await RunQueue.open({
      folder: join(store.folder, 'runs'),
      kept: new Map((await store.runs.list({ offset: 0, limit: mostRuns })).items.map((run) => [run.id, run])),
      program: await program(programs.runner),
      // Nothing is begun while the queue opens.
      lead: (record, report) => project.lead(record, report),
      laneOf: ({ kind }) => (Object.hasOwn(kinds, kind) ? kinds[kind].lane : kind),
      upgrade: (spec) => upgradeSpec(kinds, spec),
      takeOver: async (record, outcome) => {
        await store.add(outcome, record);
        for (const event of changes(outcome)) events.publish(event);
      },
      onChange: async (run) => {
        await store.runs.save(run);
        events.publish({ type: 'run', run });
      },
      onProgress: (run, progress) => events.publish({ type: 'progress', run, progress }),
    });
    const project: Project = new Project(store, queue, inference, events, registries);
    // One that fails is made the next time; the last one stays until then.
    void project.backUpIfOld().catch(() => undefined);
    return project;
  }

  get folder(): string {
    return this.store.folder;
  }

  /** Throws ConflictError where a run that waits or is at work computes the same, unless it is to be done again. */
  start(asked: RunSpec, { keep = false, again = false, workers: named }: StartOptions = {}): Promise<RunRecord> {
    const spec = readSpec(this.registries.kinds, asked);
    if (!this.computes(spec)) return this.begin(spec, { keep });
    // One after the other: the second of two equal ones finds the first.
    return this.starts.run(async () => {
      if (!again) this.refuseTwin(spec);
      const workers = workersOf(named);
      return this.begin(spec, { device: await this.chooseDevice(spec), workers, keep });
    });
  }

  /** Throws what `start` would throw of the same run, and begins nothing. */
  async check(asked: RunSpec, again: boolean): Promise<void> {
    const spec = readSpec(this.registries.kinds, asked);
    if (this.computes(spec) && !again) this.refuseTwin(spec);
    await this.gather(spec);
  }

  private async begin(spec: RunSpec, how: StartedAs): Promise<RunRecord> {
    await requireSpaceForRun(this.folder);
    const inputs = await this.gather(spec);
    const estimate = this.estimates.get(canonicalJson(spec));
    return this.queue.start(spec, inputs, { machine: machineName(), estimate, ...how });
  }

  /** Who leads a run that has stages; undefined where it has none. */
  private lead(whole: RunRecord, report: (progress: RunProgress) => void): StageLeader | undefined {
    const { kinds } = this.registries;
    const kind = Object.hasOwn(kinds, whole.spec.kind) ? kinds[whole.spec.kind] : undefined;
    if (kind?.lane !== 'stages') return undefined;
    const stages = stagesOf(kind, whole.spec).map((stage) => ({ ...stage, label: kinds[stage.kind].label }));
    const led = {
      ...{ queue: this.queue, events: this.events },
      start: (spec: RunSpec, parent: RunRecord) => this.startStage(spec, parent),
      resume: (run: string) => this.goOn(run),
    };
    return new StageLeader(led, whole, stages, report);
  }

  private async startStage(
    asked: RunSpec,
    { id: parent, keep = false, estimate, workers }: RunRecord,
  ): Promise<RunRecord> {
    const spec = readSpec(this.registries.kinds, asked);
    const device = this.computes(spec) ? await this.chooseDevice(spec) : undefined;
    const { kind: _, ...cost } = estimate?.stages?.find(({ kind }) => kind === spec.kind) ?? {};
    const known = 'tokens' in cost && device !== undefined ? { estimate: cost } : {};
    return this.begin(spec, { device, workers, parent, keep, ...known });
  }

  private refuseTwin(spec: RunSpec): void {
    const twin = this.queue.twinOf(spec);
    if (twin === undefined) return;
    const { id, created, progress } = twin;
    const began = new Date(created).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
    throw new ConflictError(
      `The run ${id} does the same already: it was started at ${began} and ${placeOf(twin.state, progress)}.`,
      `Follow it with polymath resume ${id}, or start it all the same: --again`,
    );
  }

  /** Goes on with a run where it computed before, of a stage with its whole. Throws UserError where that device is gone. */
  resume(id: string): Promise<RunRecord> {
    return this.goOn(this.queue.whole(id).id);
  }

  private async goOn(id: string): Promise<RunRecord> {
    const { device, spec } = this.queue.get(id);
    // What it read when it began may be damaged by now.
    await this.gather(spec);
    if (device !== undefined) await this.devices.choose(device.name);
    return this.queue.resume(id);
  }

  /** What a run would take, from a short probe in a process of its own; kept beside what it takes if it is started. */
  async estimate(asked: RunSpec, signal?: AbortSignal): Promise<RunCost> {
    const spec = readSpec(this.registries.kinds, asked);
    const { cost, ...planned } = await this.probe(spec, signal);
    const records = this.queue.all();
    const stages = cost.stages?.map(({ kind, ...stage }): StageCost => {
      const same = { ...planned, spec: { kind, ...(kind === 'split' && { method: spec.method }) } };
      return { kind, ...corrected(stage, same, records) };
    });
    const told = stages === undefined ? corrected(cost, planned, records) : { ...costOfAll(stages), stages };
    this.estimates.set(canonicalJson(spec), told);
    return told;
  }

  private async probe(spec: RunSpec, signal?: AbortSignal): Promise<Planned & { readonly cost: RunCost }> {
    if (!this.computes(spec)) {
      throw new UserError('Work on files is not estimated: it shows its rate from the first second on.', 'Start it.');
    }
    const inputs = await this.gather(spec);
    const device = await this.chooseDevice(spec);
    const { name, products = 'full' } = device;
    const question = { project: this.folder, spec, inputs, device: name, products };
    const cost = await askChild(await program(this.registries.programs.estimator), estimating, question, { signal });
    return { cost, spec, device, machine: machineName() };
  }

  /** What a run does not ask for the backend's environment says, see `engine/devices/device-choice.ts`. */
  private chooseDevice({ device, precision }: RunSpec): Promise<RunDevice> {
    const wanted = deviceChoices.find((choice) => choice === device);
    return this.devices.chooseFor(
      wanted,
      productChoices.find((choice) => choice === precision),
    );
  }

  private computes({ kind }: RunSpec): boolean {
    return kindNamed(this.registries.kinds, kind).lane !== 'files';
  }

  /** What a run reads from the project, as it is now. */
  private gather(spec: RunSpec): Promise<unknown> {
    return this.registries.inputs[spec.kind].gather(this.store, spec);
  }

  /** With its stages. */
  async removeRun(asked: string): Promise<void> {
    const { id: whole } = this.queue.whole(asked);
    for (const id of [whole, ...this.queue.list(undefined, whole).map((stage) => stage.id)]) {
      await this.queue.remove(id);
      await this.store.runs.remove(id).catch((error: unknown) => {
        // A run that never reached the store is gone with its folder.
        if (!(error instanceof UserError)) throw error;
      });
    }
  }

  private async backUpIfOld(): Promise<void> {
    const made = await stat(join(this.folder, 'project.duckdb.backup')).catch(() => undefined);
    const old = made === undefined || Date.now() - made.mtimeMs > backupHours * 3_600_000;
    if (!old || (await this.small())) return;
    await this.store.backup();
  }

  /** Whether a copy of the store takes a moment only: an editor gives its backend seconds to end. */
  private async small(): Promise<boolean> {
    const { size } = await stat(join(this.folder, 'project.duckdb'));
    return size < largestQuickBackup;
  }

  /** Stops the runs, each with a checkpoint, and lets go of the project. */
  async close({ backup = true } = {}): Promise<void> {
    await this.queue.close();
    await this.inference.close();
    if (backup && this.store.changed && (await this.small())) await this.store.backup();
    await this.store.close();
  }
}

function placeOf(state: RunState, progress: RunProgress | undefined): string {
  if (state === 'queued') return 'waits for its turn';
  if (progress === undefined || progress.total === 0) return 'is at work';
  return `is at ${formatPercent(progress.done / progress.total)} of “${progress.stage}”`;
}

/** What an outcome adds to the listings. */
function changes({ dataset, questions, split, splits, experts, mixer, council, evaluation }: Outcome): BackendEvent[] {
  const made = {
    datasets: dataset?.id,
    questions: questions?.set.id,
    splits: (split ?? splits?.[0])?.clustering.id,
    experts: experts?.id,
    mixers: mixer?.record.id,
    councils: council?.id,
    evaluations: evaluation?.id,
  } as const;
  return Object.entries(made).flatMap(([what, id]): BackendEvent[] =>
    id === undefined ? [] : [{ type: 'changed', what: what as keyof typeof made, id }],
  );
}
