/** The program of a worker process: does one task after the other for the executor that started it. */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { LanguageModel } from '../model/language-model';
import { devices } from '../base/device';
import { noTokens, type Progress, type Watch } from '../base/progress';
import { type FromWorker, type Task, taskKey, toWorker } from '../engine/tasks/task';
import { Blobs } from '../engine/artifacts/blobs';
import { FileCheckpointer } from '../engine/checkpointer';
import { explainFailure } from '../engine/failure';
import { becomeChild, checkpointInterval, peakMemory, throttled } from '../engine/child';
import { perform } from '../engine/tasks/perform';

const [, , folder, modelsJson, workers, named] = process.argv;
const device = devices.find((known) => known === named) ?? 'cpu';
const blobs = new Blobs(folder);
const models = new Map(Object.entries(JSON.parse(modelsJson) as Record<string, string>));
const threads = Math.max(1, Math.floor(availableParallelism() / Number(workers)));
const counted = noTokens();
const opened = new Map<string, Promise<LanguageModel>>();
const { signal, send } = becomeChild();
const tell = (message: FromWorker): void => send(message);

function modelOf({ model }: Task): Promise<LanguageModel> {
  const path = models.get(model);
  if (path === undefined) throw new Error(`this worker was not told where model ${model} lies`);
  const known = opened.get(path) ?? LanguageModel.open(path, { threads, device, counted });
  opened.set(path, known);
  return known;
}

async function run(task: Task): Promise<void> {
  const key = taskKey(task);
  const before = counted.trained + counted.scored;
  const report = throttled((progress: Progress) => tell({ type: 'progress', progress: { ...progress } }));
  const options = { interval: checkpointInterval(), note: () => ({}) };
  // A shard is scored in seconds: only training is worth a checkpoint.
  const kept = task.kind === 'train' ? await FileCheckpointer.open(blobs.work(key), signal, options) : undefined;
  const watch: Watch = { signal, report, ...(kept === undefined ? {} : { checkpointer: kept.checkpointer }) };
  for (const damaged of kept?.damaged ?? [])
    console.error(`A checkpoint is damaged, the one before is used: ${damaged}`);
  await blobs.putResult(key, await perform(task, await modelOf(task), blobs, watch));
  await rm(blobs.work(key), { recursive: true, force: true });
  tell({ type: 'done', tokens: counted.trained + counted.scored - before, memory: peakMemory() });
}

let busy: Promise<void> = Promise.resolve();

process.on('message', (raw: unknown) => {
  const message = toWorker.parse(raw);
  if (message.type === 'stop') return;
  busy = run(message.task).catch((error: unknown) => {
    if (signal.aborted) return tell({ type: 'stopped' });
    console.error(error);
    tell({ type: 'failed', ...explainFailure(error) });
  });
});
// Without a parent nobody hears: what is in progress writes its checkpoint, and the process ends.
process.on('disconnect', () => void busy.then(() => process.exit(0)));
