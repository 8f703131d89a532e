/** The program of a run's process: `runner <folder of the run>`. */
import { dirname, join } from 'node:path';
import type { Outcome } from '../protocol/outcome';
import { noTokens, type Progress, type TokenCount, type Watch } from '../base/progress';
import type { FromRunner } from '../protocol/runner';
import type { RunSpec } from '../protocol/run';
import { FileCheckpointer } from '../engine/checkpointer';
import { explainFailure } from '../engine/failure';
import { MetricsWriter } from '../engine/metrics';
import { checkpointFolder, loadInputs, loadOutcome, loadRecord, metricsFile, saveOutcome } from '../engine/run-files';
import { becomeChild, type Child, checkpointInterval, peakMemory, throttled } from '../engine/child';
import { type Job, refuseChanges } from '../engine/job';

/** What each kind of run does. Loaded only then: an import has no use for ONNX Runtime, nor a split for CSV. */
async function work(job: Job): Promise<Outcome> {
  const { spec, watch } = job;
  switch (spec.kind) {
    case 'import': {
      const { importCorpus } = await import('../corpus/import/import-corpus');
      return { kind: 'import', dataset: await importCorpus(spec, join(job.project, 'datasets'), watch) };
    }
    case 'import-questions': {
      const { importQuestions } = await import('../corpus/import/import-questions');
      const found = await importQuestions(spec, watch);
      return { kind: 'import-questions', ...found, set: { ...found.set, id: `questions-${job.suffix}` } };
    }
    case 'import-experts':
      return (await import('../kinds/import-experts/work')).importExperts({ ...job, spec });
    case 'split':
      return (await import('../kinds/split/work')).split({ ...job, spec });
    case 'train':
      return (await import('../kinds/train/work')).train({ ...job, spec });
    case 'mix':
      return (await import('../kinds/mix/work')).mix({ ...job, spec });
    case 'evaluate':
      return (await import('../kinds/evaluate/work')).evaluate({ ...job, spec });
    case 'merge':
      return (await import('../kinds/merge/work')).merge({ ...job, spec });
    case 'pull':
      return (await import('../kinds/pull/work')).pull({ ...job, spec });
    case 'compare':
      return (await import('../kinds/compare/work')).compare({ ...job, spec });
  }
}

async function run(folder: string, { signal, send }: Child): Promise<void> {
  const tell = (message: FromRunner): void => send(message);
  const record = await loadRecord(folder);
  const spent = { tokens: 0, memory: 0 };
  const counted = noTokens();
  if ((await loadOutcome(folder)) === undefined) {
    if (record.device !== undefined) console.log(`Device: ${record.device.name} (${record.device.reason})`);
    const job = await openJob(folder, record, { signal, tell, spent, counted });
    await saveOutcome(folder, await work(job));
  }
  const tokens = spent.tokens + counted.trained + counted.scored;
  tell({ type: 'finished', tokens, memory: spent.memory + peakMemory() });
}

interface Connection {
  readonly signal: AbortSignal;
  readonly tell: (message: FromRunner) => void;
  readonly spent: { tokens: number; memory: number };
  readonly counted: TokenCount;
}

async function openJob(
  folder: string,
  record: Awaited<ReturnType<typeof loadRecord>>,
  { signal, tell, spent, counted }: Connection,
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
    watch,
    counted,
    declare: (inputs) => {
      refuseChanges(record.inputs, inputs);
      tell({ type: 'inputs', inputs: { ...inputs } });
    },
    spent: (tokens, memory) => {
      spent.tokens += tokens;
      spent.memory = Math.max(spent.memory, memory);
    },
  };
}

const child = becomeChild();
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
  await run(folder, child);
} catch (error) {
  console.error(error);
  tell(child.signal.aborted ? { type: 'stopped' } : { type: 'failed', ...explainFailure(error) });
}
// Messages are on their way in another thread; the coordinator closes the channel when it has them.
setTimeout(() => process.exit(0), 200);
