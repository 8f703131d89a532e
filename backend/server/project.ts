/** The coordinator: a project's store, its runs, and the process that answers prompts. It never loads ONNX Runtime. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../base/errors';
import type { BackendEvent } from '../protocol/event';
import { program } from '../base/package-folder';
import type { Outcome } from '../protocol/outcome';
import { computes, type RunCost, type RunRecord, type RunSpec } from '../protocol/run';
import { canonicalJson } from '../base/canonical-json';
import { askChild } from '../engine/ask-child';
import { estimating } from '../engine/exchanges';
import { TaskFolder } from '../engine/tasks/task-folder';
import { DeviceChooser } from '../engine/devices/device-choice';
import { InferenceHost } from '../engine/inference-host';
import { RunQueue } from '../engine/queue';
import { requireSpaceForRun } from '../base/disk-space';
import { Store } from '../store/store';
import { EventHub } from '../rpc/server/events';
import { prepare } from './prepare';

const largestQuickBackup = 64 * 2 ** 20;
// A larger store is copied when it is opened and the last copy is older than this, beside the work.
const backupHours = 24;
// Results of tasks spare work for so long; then they are removed.
const daysOfTasks = 30;

export class Project {
  readonly devices = new DeviceChooser();
  private readonly estimates = new Map<string, RunCost>();

  private constructor(
    readonly store: Store,
    readonly queue: RunQueue,
    readonly inference: InferenceHost,
    readonly events: EventHub,
  ) {}

  /** Opens the project of a folder `.polymath`, which is made where there is none. Throws as `Store.open` does. */
  static async open(folder: string): Promise<Project> {
    const store = await Store.open(folder);
    await new TaskFolder(join(store.folder, 'tasks')).prune(daysOfTasks);
    const events = new EventHub();
    const inference = new InferenceHost({ program: await program('backend/programs/inference') });
    const queue = await RunQueue.open({
      folder: join(store.folder, 'runs'),
      program: await program('backend/programs/runner'),
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
    const project = new Project(store, queue, inference, events);
    // One that fails is made the next time; the last one stays until then.
    void project.backUpIfOld().catch(() => undefined);
    return project;
  }

  get folder(): string {
    return this.store.folder;
  }

  /** `keep`: whether it goes on when the window closes. */
  async start(spec: RunSpec, keep = false): Promise<RunRecord> {
    await requireSpaceForRun(this.folder);
    const inputs = await prepare(this.store, spec);
    const device = computes(spec) ? await this.devices.choose(spec.device) : undefined;
    const estimate = this.estimates.get(canonicalJson(spec));
    return this.queue.start(spec, inputs, { device, estimate, keep });
  }

  /** Goes on with a run where it computed before. Throws UserError where that device is gone. */
  async resume(id: string): Promise<RunRecord> {
    const { device } = this.queue.get(id);
    if (device !== undefined) await this.devices.choose(device.name);
    return this.queue.resume(id);
  }

  /** What a run would take, from a short probe in a process of its own; kept beside what it takes if it is started. */
  async estimate(spec: RunSpec, signal?: AbortSignal): Promise<RunCost> {
    const cost = await this.probe(spec, signal);
    this.estimates.set(canonicalJson(spec), cost);
    return cost;
  }

  private async probe(spec: RunSpec, signal?: AbortSignal): Promise<RunCost> {
    if (!computes(spec)) {
      throw new UserError('Work on files is not estimated: it shows its rate from the first second on.', 'Start it.');
    }
    const inputs = await prepare(this.store, spec);
    const device = (await this.devices.choose(spec.device)).name;
    const question = { project: this.folder, spec, inputs, device };
    return askChild(await program('backend/programs/estimator'), estimating, question, { signal });
  }

  async removeRun(id: string): Promise<void> {
    await this.queue.remove(id);
    await this.store.runs.remove(id).catch((error: unknown) => {
      // A run that never reached the store is gone with its folder.
      if (!(error instanceof UserError)) throw error;
    });
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
  async close(): Promise<void> {
    await this.queue.close();
    await this.inference.close();
    if (this.store.changed && (await this.small())) await this.store.backup();
    await this.store.close();
  }
}

/** What an outcome adds to the listings. */
function changes(outcome: Outcome): BackendEvent[] {
  const changed = (what: Extract<BackendEvent, { type: 'changed' }>['what'], id: string): BackendEvent => ({
    type: 'changed',
    what,
    id,
  });
  switch (outcome.kind) {
    case 'import':
      return [changed('datasets', outcome.dataset.id)];
    case 'import-questions':
      return [changed('questions', outcome.set.id)];
    case 'split':
      return [changed('clusterings', outcome.clustering.id)];
    case 'train':
    case 'import-experts':
      return [changed('experts', outcome.experts.id)];
    case 'mix':
      return [changed('mixers', outcome.mixer.id)];
    case 'evaluate':
      return [changed('evaluations', outcome.evaluation.id)];
    case 'merge':
    case 'pull':
      return [];
    case 'compare':
      return [
        changed('clusterings', outcome.clustering.id),
        changed('experts', outcome.experts.id),
        changed('mixers', outcome.mixer.id),
        changed('evaluations', outcome.evaluation.id),
      ];
  }
}
