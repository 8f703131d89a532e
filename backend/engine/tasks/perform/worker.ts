/** A worker process: does one task after the other for the executor that started it. */
import { rm } from 'node:fs/promises';
import { LanguageModel } from '../../../model/language-model';
import { noTokens, type Progress, type Watch } from '../../../base/progress';
import { putValue } from '../../artifacts/values';
import { FileCheckpointer } from '../../checkpointer';
import { becomeChild, type Child, checkpointInterval, peakMemory, throttled } from '../../child';
import { explainFailure } from '../../failure';
import type { Performer } from '../perform';
import { openTaskStore } from '../open-store';
import type { TaskStore } from '../task-store';
import { modelFolder } from './model-folder';
import { type FromWorker, type ModelPlace, toWorker, type ToWorker, type WorkerSetup, workerSetup } from '../task';

type TaskMessage = Extract<ToWorker, { type: 'task' }>;

class TaskWorker {
  private readonly counted = noTokens();
  private readonly store: TaskStore;
  /** Where base models are by the hash of their files, as far as tasks have named them. */
  private readonly models = new Map<string, ModelPlace>();
  private readonly opened = new Map<string, Promise<LanguageModel>>();

  constructor(
    private readonly performers: readonly Performer[],
    private readonly setup: WorkerSetup,
    private readonly child: Child,
  ) {
    this.store = openTaskStore(setup.store);
  }

  /** Does a task and tells how it ended. */
  async run(task: TaskMessage): Promise<void> {
    const before = this.tokens;
    try {
      const result = await putValue(this.store.artifacts, await this.perform(task));
      await rm(this.store.work(task.key), { recursive: true, force: true });
      this.tell({ type: 'done', result, tokens: this.tokens - before, memory: peakMemory() });
    } catch (error) {
      if (this.child.signal.aborted) return this.tell({ type: 'stopped' });
      console.error(error);
      this.tell({ type: 'failed', ...explainFailure(error) });
    }
  }

  private async perform({ task, key, input, models }: TaskMessage): Promise<unknown> {
    for (const [sha256, place] of Object.entries(models)) this.models.set(sha256, place);
    const performer = this.performers.find(({ name }) => name === task);
    if (performer === undefined) throw new Error(`this worker knows no task ${task}`);
    const watch = await this.watch(performer.checkpoints ? key : undefined);
    const { artifacts } = this.store;
    return performer.perform(input, { artifacts, openModel: (...which) => this.openModel(...which), watch });
  }

  /** With the checkpoints of the task of that key. */
  private async watch(key: string | undefined): Promise<Watch> {
    const { signal } = this.child;
    const report = throttled((progress: Progress) => this.tell({ type: 'progress', progress }));
    if (key === undefined) return { signal, report };
    const options = { interval: checkpointInterval(), note: () => ({}) };
    const { checkpointer, damaged } = await FileCheckpointer.open(this.store.work(key), signal, options);
    for (const file of damaged) console.error(`A checkpoint is damaged, the one before is used: ${file}`);
    return { signal, report, checkpointer };
  }

  private openModel(sha256: string, layers?: number): Promise<LanguageModel> {
    const key = layers === undefined ? sha256 : `${sha256} ${layers}`;
    const known = this.opened.get(key) ?? this.open(sha256, layers);
    this.opened.set(key, known);
    return known;
  }

  private async open(sha256: string, layers: number | undefined): Promise<LanguageModel> {
    if (layers !== undefined) return (await this.openModel(sha256)).firstLayers(layers);
    const { threads, device, products } = this.setup;
    const place = this.models.get(sha256);
    if (place === undefined) throw new Error(`this worker was not told where model ${sha256} lies`);
    const path = 'folder' in place ? place.folder : await modelFolder(this.store.artifacts, sha256, place.artifact);
    return LanguageModel.open(path, { threads, device, products, counted: this.counted });
  }

  private get tokens(): number {
    return this.counted.trained + this.counted.scored;
  }

  private tell(message: FromWorker): void {
    this.child.send(message);
  }
}

/** Makes this process a worker that performs these kinds of tasks. Its one argument says where (`workerSetup`). */
export function serveTasks(performers: readonly Performer[]): void {
  const setup = workerSetup.parse(JSON.parse(process.argv[2]));
  const worker = new TaskWorker(performers, setup, becomeChild());
  let busy: Promise<void> = Promise.resolve();
  process.on('message', (raw: unknown) => {
    const message = toWorker.parse(raw);
    if (message.type === 'task') busy = worker.run(message);
  });
  // Without a parent nobody hears: what is in progress writes its checkpoint, and the process ends.
  process.on('disconnect', () => void busy.then(() => process.exit(0)));
}
