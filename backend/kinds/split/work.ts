import { groupsOf, type Wishes } from '../../split/constraints/constraints';
import { dividePile } from '../../split/divide';
import { balanceOf, qualityOf } from '../../split/describe/quality';
import { perplexitySettingsOf } from '../../split/methods/em/perplexity-settings';
import { splitBy } from '../../split/split-by';
import type { SplitOptions, SplitResult } from '../../split/split-options';
import type { TokenizedDocument } from '../../corpus/tokenized';
import type { ModelConfig } from '../../model/architectures/config';
import { quickExperts, requireHeldOut } from '../../evaluate/quick-experts';
import { splitFigures } from '../../evaluate/report';
import { UserError } from '../../base/errors';
import { expertLetter } from '../../base/letter';
import type { ClusteringRows, Outcome } from '../../protocol/outcome';
import type { Clustering } from '../../protocol/records';
import { type SplitMethod, splitLabels } from '../../protocol/report';
import type { SplitInputs } from './inputs';
import type { SplitSpec } from './spec';
import { readCorpus, sample } from '../shared/corpus';
import { openModel } from '../shared/base-model';
import { openEncoder } from './encoder';
import { loadExperts } from '../shared/experts';
import { guidance, writeUnions } from './guide';
import { declareInputs, type Job } from '../../engine/job';
import { earlierPiles, wishesFor } from './wishes';

/** Splits the training documents of a dataset. */
export async function split(job: Job<SplitSpec, SplitInputs>): Promise<Outcome> {
  const { spec, watch } = job;
  const { dataset } = job.inputs;
  const { model, sha256 } = await openModel(job.inputs.experts?.model ?? spec.model, job);
  await declareInputs(job, sha256);
  const all = sample(undefined);
  const { corpus, trainIndices } = await readCorpus(job, model, { train: all, validation: all });
  const rows = new Map(Array.from(trainIndices, (index, row) => [index, row]));
  const from = earlierPiles(job.inputs, rows, corpus.train);
  const wishes = wishesFor(job.inputs, rows, from, spec.keep === true || spec.undoUnions !== undefined);
  if (spec.quickTokens !== undefined) requireHeldOut(corpus);
  const encoder = await openEncoder(spec);
  // A division has as many parts as it is told; a split that goes on has the piles that there are.
  const k =
    (spec.divide === undefined ? from?.names.length : undefined) ?? job.inputs.experts?.experts.length ?? spec.k;
  const options = {
    seed: spec.seed,
    em: perplexitySettingsOf(spec),
    perplexity: spec,
    features: { ...spec, encoder },
    ...(await trainedExperts(job, model.config)),
    ...(await guidance(job, model, corpus.train, k)),
    k,
  };
  let result: SplitResult;
  if (from !== undefined && spec.divide !== undefined) {
    const pile = from.numbers.indexOf(spec.divide);
    if (pile < 0) throw new UserError('The pile to divide has no documents.', 'Choose another one.');
    const division = { from, pile, links: wishes.links };
    result = await dividePile(spec.method, model, corpus, { ...options, ...division }, watch);
  } else {
    const groups = groupsOf(wishes, (row) => corpus.train[row].id);
    result = await splitBy(spec.method, model, corpus, { ...options, groups, ...(from && { from }) }, watch);
  }
  await encoder?.dispose();
  if (result.unions !== undefined) await writeUnions(job.folder, result.unions, corpus.train);
  const quick =
    spec.quickTokens === undefined ? {} : await quickExperts(model, corpus, result, spec.quickTokens, watch);
  const found = { ...result, settings: { ...result.settings, ...told(spec, wishes) } };
  const name = spec.name ?? usualName(job, found.k);
  const identity = { id: `split-${job.suffix}`, name, created: job.created, dataset: dataset.id, run: job.id };
  const record = clusteringRecord(found, spec.method, corpus.train, identity);
  return {
    result: record.id,
    split: {
      clustering: { ...record, quality: { ...record.quality, ...quick } },
      rows: clusteringRows(found, trainIndices),
    },
  };
}

const embeddingLabels = { tfidf: 'tf-idf', hidden: 'hidden states', sentence: 'sentence vectors' } as const;

function usualName({ spec, inputs: { experts, clustering } }: Job<SplitSpec, SplitInputs>, k: number): string {
  if (experts !== undefined && spec.keep === true) return `By ${experts.name}`.slice(0, 200);
  if (clustering !== undefined && spec.undoUnions !== undefined) {
    const unions = spec.undoUnions.length === 1 ? 'union' : 'unions';
    return `Without ${unions} ${spec.undoUnions.join(', ')}: ${clustering.name}`.slice(0, 200);
  }
  const label =
    spec.method === 'kmeans' ? `K-means, ${embeddingLabels[spec.embedding ?? 'tfidf']}` : splitLabels[spec.method];
  return `${label}, k = ${k}`;
}

/** The experts that the split begins with, where the run names some. */
async function trainedExperts(
  { inputs: { experts: set }, project, spec }: Job<SplitSpec, SplitInputs>,
  config: ModelConfig,
): Promise<Pick<SplitOptions, 'experts'>> {
  if (set === undefined) return {};
  const names = set.experts.map(({ name }) => name);
  return { experts: { stack: await loadExperts(project, set, config), names, keep: spec.keep === true } };
}

/** What people said, for the record. */
function told({ from, divide, experts, undoUnions }: SplitSpec, { links, pins }: Wishes): SplitResult['settings'] {
  return {
    ...(from === undefined ? {} : { from }),
    ...(experts === undefined ? {} : { experts }),
    ...(undoUnions === undefined ? {} : { undone: undoUnions.join(', ') }),
    ...(divide === undefined ? {} : { divided: expertLetter(divide) }),
    ...(links.length === 0 ? {} : { links: links.length }),
    ...(pins.size === 0 ? {} : { pinned: pins.size }),
  };
}

type Identity = Pick<Clustering, 'id' | 'name' | 'created' | 'dataset' | 'run'>;

export function clusteringRecord(
  found: SplitResult,
  method: SplitMethod,
  documents: readonly TokenizedDocument[],
  identity: Identity,
): Clustering {
  const { contingency: table } = splitFigures(found, documents);
  const { entropy, dead } = balanceOf(found.assignments, found.k);
  return {
    ...identity,
    method,
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

export function clusteringRows(found: SplitResult, documents: Int32Array): ClusteringRows {
  const { assignments, posteriors, history, outliers, k } = found;
  return {
    documents,
    piles: assignments,
    ...(posteriors === undefined
      ? {}
      : { confidence: Float32Array.from(assignments, (pile, row) => Math.min(1, posteriors[row * k + pile])) }),
    outliers: Int32Array.from(outliers ?? []),
    rounds: (history ?? []).map((round, i) => ({ round: i + 1, posteriors: round })),
  };
}
