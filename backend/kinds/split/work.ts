import { groupsOf, type Constraints } from '../../split/constraints/constraints';
import { dividePile } from '../../split/divide';
import { balanceOf, qualityOf } from '../../split/describe/quality';
import { methodLabel } from '../../split/methods/settings';
import type { Openers, SplitMethodTable } from '../../split/methods/split-method';
import { methodTable } from '../../split/methods/table';
import { splitBy } from '../../split/split-by';
import type { SplitResult } from '../../split/result';
import { writeSpace } from '../../split/space';
import type { TokenizedDocument } from '../../corpus/tokenized';
import type { LanguageModel } from '../../model/language-model';
import type { Computing } from '../../evaluate/computing';
import { quickExperts } from '../../evaluate/quick-experts';
import { splitFigures } from '../../evaluate/report';
import { UserError } from '../../base/errors';
import { expertLetter } from '../../base/letter';
import type { SplitRows, Outcome } from '../../protocol/outcome';
import type { SplitRecord } from '../../protocol/records';
import type { SplitInputs } from './inputs';
import type { SplitSpec } from './spec';
import { readCorpus, sample } from '../shared/corpus';
import { openModel, openModelOf } from '../shared/base-model';
import { computeByTasks } from '../shared/computing';
import { withExecutor } from '../shared/executors';
import { openEncoder } from './encoder';
import { loadExperts } from '../shared/experts';
import { openGuide, writeUnions } from './guide';
import { declareInputs, type Job } from '../../engine/job';
import { constraintsFor, earlierPiles } from './constraints';

/** Splits the training documents of a dataset by one of these methods. */
export function splitWith(methods: SplitMethodTable): (job: Job<SplitSpec, SplitInputs>) => Promise<Outcome> {
  return (job) => splitDataset(methods, job);
}

export const split = splitWith(methodTable);

async function splitDataset(methods: SplitMethodTable, job: Job<SplitSpec, SplitInputs>): Promise<Outcome> {
  const { spec, watch } = job;
  const { dataset, experts } = job.inputs;
  const { model, sha256 } = await (experts === undefined ? openModel(spec.model, job) : openModelOf(experts, job));
  await declareInputs(job, sha256);
  const all = sample(undefined);
  const { corpus, trainIndices } = await readCorpus(job, model, { train: all, validation: all });
  const rows = new Map(Array.from(trainIndices, (index, row) => [index, row]));
  const from = earlierPiles(job.inputs, rows, corpus.train);
  const said = constraintsFor(job.inputs, rows, from, spec.keep === true || spec.undoUnions !== undefined);
  // A division has as many parts as it is told; a split that goes on has the piles that there are.
  const k = (spec.divide === undefined ? from?.names.length : undefined) ?? experts?.experts.length ?? spec.k;
  const opened = { model, sha256 };
  const splitBySpec = (computing: Computing): Promise<SplitResult> => {
    const asked = { model, corpus, k, seed: spec.seed, open: openersFor(job, model), computing, watch };
    if (from !== undefined && spec.divide !== undefined) {
      const pile = from.numbers.indexOf(spec.divide);
      if (pile < 0) throw new UserError('The pile to divide has no documents.', 'Choose another one.');
      return dividePile(methods, spec.method, asked, { from, pile, links: said.links }, spec);
    }
    const groups = groupsOf(said, (row) => corpus.train[row].id);
    return splitBy(methods, spec.method, { ...asked, groups, ...(from && { from }) }, spec);
  };
  const { result, quick } = await withExecutor(job, opened, async (executor) => {
    const computing = computeByTasks(executor, opened);
    const result = await splitBySpec(computing);
    const { quickTokens } = spec;
    const quick = quickTokens === undefined ? {} : await quickExperts(computing, corpus, result, quickTokens, watch);
    return { result, quick };
  });
  const id = `split-${job.suffix}`;
  if (result.space !== undefined) await writeSpace(job.project, id, result.space);
  if (result.unions !== undefined) await writeUnions(job.folder, result.unions, corpus.train);
  const found = { ...result, settings: { ...result.settings, ...told(spec, said) } };
  const name = spec.name ?? usualName(methods, job, found.k);
  const identity = { id, name, created: job.created, dataset: dataset.id, run: job.id };
  const record = recordOfSplit(found, corpus.train, identity);
  return {
    result: record.id,
    split: {
      clustering: { ...record, quality: { ...record.quality, ...quick } },
      rows: rowsOfSplit(found, trainIndices),
    },
  };
}

function usualName(
  methods: SplitMethodTable,
  { spec, inputs: { experts, clustering } }: Job<SplitSpec, SplitInputs>,
  k: number,
): string {
  if (experts !== undefined && spec.keep === true) return `By ${experts.name}`.slice(0, 200);
  if (clustering !== undefined && spec.undoUnions !== undefined) {
    const unions = spec.undoUnions.length === 1 ? 'union' : 'unions';
    return `Without ${unions} ${spec.undoUnions.join(', ')}: ${clustering.name}`.slice(0, 200);
  }
  return `${methodLabel(methods, spec.method, spec)}, k = ${k}`;
}

/** How a run opens what its method asks for. */
function openersFor(job: Job<SplitSpec, SplitInputs>, model: LanguageModel): Openers {
  const { inputs, project, spec } = job;
  return {
    encoder: openEncoder,
    guide: (name, limits, texts) => openGuide(name, limits, texts, model, job),
    experts: async (id) => {
      const { experts: set } = inputs;
      if (set === undefined) throw new Error(`the run was given no ${id}`);
      const names = set.experts.map(({ name }) => name);
      return { stack: await loadExperts(project, set, model.config), names, keep: spec.keep === true };
    },
  };
}

/** What people said, for the record. */
function told({ from, divide, experts, undoUnions }: SplitSpec, { links, pins }: Constraints): SplitResult['settings'] {
  return {
    ...(from === undefined ? {} : { from }),
    ...(experts === undefined ? {} : { experts }),
    ...(undoUnions === undefined ? {} : { undone: undoUnions.join(', ') }),
    ...(divide === undefined ? {} : { divided: expertLetter(divide) }),
    ...(links.length === 0 ? {} : { links: links.length }),
    ...(pins.size === 0 ? {} : { pinned: pins.size }),
  };
}

type Identity = Pick<SplitRecord, 'id' | 'name' | 'created' | 'dataset' | 'run'>;

export function recordOfSplit(
  found: SplitResult,
  documents: readonly TokenizedDocument[],
  identity: Identity,
): SplitRecord {
  const { contingency: table } = splitFigures(found, documents);
  const { entropy, dead } = balanceOf(found.assignments, found.k);
  return {
    ...identity,
    method: found.method,
    k: found.k,
    seed: found.seed,
    documents: documents.length,
    seconds: found.seconds,
    settings: found.settings,
    quality: {
      ...(table === undefined ? {} : qualityOf({ labels: table.domains, counts: table.counts })),
      balance: entropy,
      dead,
    },
    outliers: found.outliers?.length ?? 0,
    rounds: (found.rounds ?? []).map((round) => withoutGaps({ ...round, shares: [...round.shares] })),
    piles: found.piles.map(({ name, size, terms }, pile) => ({ pile, name, size, terms: [...terms] })),
  };
}

/** Figures that could not be computed are left out. */
function withoutGaps<T extends object>(figures: T): T {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => !Number.isNaN(value))) as T;
}

export function rowsOfSplit(found: SplitResult, documents: Int32Array): SplitRows {
  const { assignments, posteriors, history, outliers, k } = found;
  return {
    documents,
    piles: assignments,
    ...(posteriors === undefined
      ? {}
      : { posteriors, confidence: Float32Array.from(assignments, (pile, row) => posteriors[row * k + pile]) }),
    outliers: Int32Array.from(outliers ?? []),
    rounds: (history ?? []).map((round, i) => ({ round: i + 1, posteriors: round })),
  };
}
