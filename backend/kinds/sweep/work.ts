import { once, plainCodec } from '../../base/checkpoint';
import type { Watch } from '../../base/progress';
import { declareInputs, type Job } from '../../engine/job';
import { quickExperts } from '../../evaluate/quick-experts';
import { type SplitRows, type Outcome } from '../../protocol/outcome';
import type { SplitRecord } from '../../protocol/records';
import { type SweepLine, sweepTable } from '../../protocol/sweep';
import { groupsOf } from '../../split/constraints/constraints';
import { methodTable } from '../../split/methods/table';
import { type SplitSpace, writeSpace } from '../../split/space';
import { splitBy } from '../../split/split-by';
import { openModel } from '../shared/base-model';
import { readCorpus, sample } from '../shared/corpus';
import { computeByTasks } from '../shared/computing';
import { openExecutor } from '../shared/executors';
import { constraintsFor } from '../split/constraints';
import { recordOfSplit, rowsOfSplit } from '../split/work';
import { type SweepCell, cellsOf, splitName } from './cells';
import type { SweepInputs } from './inputs';
import type { SweepSpec } from './spec';

interface Made {
  readonly clustering: SplitRecord;
  readonly rows: SplitRows;
  /** Kept in the end, beside the records. */
  readonly space?: SplitSpace;
}

/** Splits the dataset once per line and seed; what the project has of it already is taken as it is. */
export async function sweep(job: Job<SweepSpec, SweepInputs>): Promise<Outcome> {
  const { spec, inputs, watch } = job;
  const { dataset } = inputs;
  const cells = cellsOf(spec, dataset);
  const known = new Map(inputs.known.map((split) => [split.name, split]));
  const { splitting, close } = await prepare(job);
  const made: Made[] = [];
  const lines: SweepLine[] = [];
  for (const cell of cells) {
    const splits: SplitRecord[] = [];
    for (const seed of spec.seeds) {
      const name = splitName(cell, spec, seed);
      const found = known.get(name);
      const id = `split-${job.suffix}x${made.length}`;
      const one =
        found ?? (await once(watch, name, plainCodec<Made>(), (part) => splitting(cell, seed, { id, name }, part)));
      if ('rows' in one) made.push(one);
      splits.push('rows' in one ? one.clustering : one);
      const done = lines.length * spec.seeds.length + splits.length;
      watch.report({ stage: 'Splits', done, total: cells.length * spec.seeds.length, unit: 'splits', note: cell.name });
    }
    lines.push(lineOf(cell, splits));
  }
  await close();
  for (const { clustering, space } of made) {
    if (space !== undefined) await writeSpace(job.project, clustering.id, space);
  }
  const evaluation = `eval-${job.suffix}`;
  return {
    result: evaluation,
    splits: made.map(({ clustering, rows }) => ({ clustering, rows })),
    evaluation: {
      id: evaluation,
      name: (spec.name ?? `Parts of perplexity EM on ${dataset.name}`).slice(0, 200),
      created: job.created,
      kind: 'sweep',
      dataset: dataset.id,
      run: job.id,
      seeds: [...spec.seeds],
      result: sweepTable.parse({ lines }),
    },
  };
}

/** Splits one cell by one seed. */
type Splitting = (
  cell: SweepCell,
  seed: number,
  identity: { readonly id: string; readonly name: string },
  watch: Watch,
) => Promise<Made>;

/** How cells are split: the documents are read, and a worker is started, once for all. */
async function prepare(
  job: Job<SweepSpec, SweepInputs>,
): Promise<{ readonly splitting: Splitting; readonly close: () => Promise<void> }> {
  const { spec, inputs, created, id: run } = job;
  const { model, sha256 } = await openModel(spec.model, job);
  await declareInputs(job, sha256);
  const all = sample(undefined);
  const { corpus, trainIndices } = await readCorpus(job, model, { train: all, validation: all });
  const rows = new Map(Array.from(trainIndices, (index, row) => [index, row]));
  const groups = groupsOf(constraintsFor(inputs, rows), (row) => corpus.train[row].id);
  const opened = { model, sha256 };
  const executor = await openExecutor(job, opened);
  const computing = computeByTasks(executor, opened);
  const splitting: Splitting = async ({ method, k, parts }, seed, { id, name }, watch) => {
    const found = await splitBy(methodTable, method, { model, corpus, k, seed, groups, computing, watch }, parts);
    const quick =
      spec.quickTokens === undefined ? {} : await quickExperts(computing, corpus, found, spec.quickTokens, watch);
    const identity = { id, name: name.slice(0, 200), created, dataset: inputs.dataset.id, run };
    const record = recordOfSplit(found, corpus.train, identity);
    return {
      clustering: { ...record, quality: { ...record.quality, ...quick } },
      rows: rowsOfSplit(found, trainIndices),
      ...(found.space && { space: found.space }),
    };
  };
  return { splitting, close: () => executor.close() };
}

function lineOf({ name, method, parts }: SweepCell, splits: readonly SplitRecord[]): SweepLine {
  const told = Object.entries(parts).filter(([, value]) => value !== undefined);
  return {
    name,
    method,
    parts: Object.fromEntries(told) as SweepLine['parts'],
    splits: splits.map(({ id, seed, seconds, quality }) => ({ split: id, seed, seconds, figures: quality })),
  };
}
