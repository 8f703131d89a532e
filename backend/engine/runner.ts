/** The process of a run: `<program> <folder of the run>`. */
import { once } from 'node:events';
import { dirname } from 'node:path';
import { noTokens, type Progress, type TokenCount, type Watch } from '../base/progress';
import type { Outcome } from '../protocol/outcome';
import type { RunRecord, RunSpec } from '../protocol/run';
import { type FromRunner, toRunner } from '../protocol/runner';
import { FileCheckpointer } from './checkpointer';
import { becomeChild, type Child, checkpointInterval, peakMemory, throttled } from './child';
import { explainFailure } from './failure';
import { type Job, refuseChanges } from './job';
import { MetricsWriter } from './metrics';
import { checkpointFolder, loadInputs, loadOutcome, loadRecord, metricsFile, saveOutcome } from './run-files';

/** Does the work of a run. Inputs are what its kind gathered, not looked at yet. */
export type DoWork = (job: Job<RunSpec>) => Promise<Outcome>;

async function run(
  folder: string,
  work: DoWork,
  { signal, send, guide, worker }: Child & Pick<Job, 'guide' | 'worker'>,
): Promise<void> {
  const tell = (message: FromRunner): void => send(message);
  const record = await loadRecord(folder);
  const spent = { tokens: 0, memory: 0 };
  const counted = noTokens();
  if ((await loadOutcome(folder)) === undefined) {
    if (record.device !== undefined) console.log(`Device: ${record.device.name} (${record.device.reason})`);
    const job = await openJob(folder, record, { signal, tell, spent, counted, guide, worker });
    await saveOutcome(folder, await work(job));
  }
  const tokens = spent.tokens + counted.trained + counted.scored;
  tell({ type: 'finished', tokens, memory: spent.memory + peakMemory() });
}

interface Connection extends Pick<Job, 'guide' | 'worker'> {
  readonly signal: AbortSignal;
  readonly tell: (message: FromRunner) => void;
  readonly spent: { tokens: number; memory: number };
  readonly counted: TokenCount;
}

async function openJob(
  folder: string,
  record: RunRecord,
  { signal, tell, spent, counted, guide, worker }: Connection,
): Promise<Job<RunSpec>> {
  const place: { metrics?: MetricsWriter } = {};
  const { checkpointer, note, damaged } = await FileCheckpointer.open(checkpointFolder(folder), signal, {
    interval: checkpointInterval(),
    note: () => place.metrics?.place() ?? {},
  });
  for (const file of damaged) console.error(`A checkpoint is damaged, the one before is used: ${file}`);
  const metrics = await MetricsWriter.open(metricsFile(folder), note);
  place.metrics = metrics;
  const progress = throttled(({ stage, done, total, unit, note: latest }: Progress) =>
    tell({
      type: 'progress',
      progress: { stage, done, total, unit, ...(latest === undefined ? {} : { note: latest }) },
    }),
  );
  const report = (update: Progress): void => {
    metrics.add(update);
    progress(update);
  };
  const watch: Watch = { signal, report, checkpointer };
  return {
    id: record.id,
    suffix: record.id.replace(/^run-/, ''),
    created: record.created,
    secondsBefore: record.seconds,
    spec: record.spec,
    inputs: await loadInputs(folder),
    project: dirname(dirname(folder)),
    folder,
    device: record.device?.name ?? 'cpu',
    workers: record.workers,
    products: record.device?.products ?? 'full',
    watch,
    counted,
    guide,
    worker,
    declare: (inputs) => {
      refuseChanges(record.inputs, inputs);
      tell({ type: 'inputs', inputs: { ...inputs } });
    },
    peakMemory: () => spent.memory + peakMemory(),
    spent: (tokens, memory) => {
      spent.tokens += tokens;
      spent.memory = Math.max(spent.memory, memory);
    },
  };
}

/**
 * Becomes the process of the run whose folder was given on the command line, and ends with it. `worker`: the built program that does
 * its tasks.
 */
export async function becomeRunner(work: DoWork, worker = 'backend/programs/worker'): Promise<void> {
  const child = becomeChild();
  const begun = once(process, 'message', { signal: child.signal });
  const [, , folder] = process.argv;
  const tell = (message: FromRunner): void => child.send(message);
  // What nobody caught is a defect: it is told like any other failure, and the process ends.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      console.error(error);
      tell({ type: 'failed', ...explainFailure(error) });
      setTimeout(() => process.exit(1), 100);
    });
  }
  try {
    const [first] = (await begun) as unknown[];
    const message = toRunner.parse(first);
    const guide = message.type === 'begin' ? message.guide : undefined;
    await run(folder, work, { ...child, guide, worker });
  } catch (error) {
    console.error(error);
    tell(child.signal.aborted ? { type: 'stopped' } : { type: 'failed', ...explainFailure(error) });
  }
  // Messages are on their way in another thread; the coordinator closes the channel when it has them.
  setTimeout(() => process.exit(0), 200);
}
