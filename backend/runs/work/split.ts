import { balanceOf } from '../../cluster/quality';
import { literalPerplexityEm } from '../../cluster/perplexity-settings';
import { splitBy, type SplitResult } from '../../cluster/split-by';
import type { TokenizedDocument } from '../../corpus/tokenized';
import { splitFigures } from '../../evaluate/report';
import type { ClusteringRows, Outcome } from '../../protocol/outcome';
import type { Clustering } from '../../protocol/records';
import { type SplitMethod, splitLabels } from '../../protocol/report';
import type { SplitSpec } from '../../protocol/run';
import { readCorpus, sample } from './corpus';
import { openModel } from './base-model';
import { declareInputs, type Job, required } from './job';

/** Splits the training documents of a dataset. */
export async function split(job: Job<SplitSpec>): Promise<Outcome> {
  const { spec, watch } = job;
  const dataset = required(job.inputs.dataset, 'dataset');
  const { model, sha256 } = await openModel(spec.model, job);
  await declareInputs(job, dataset, sha256);
  const all = sample(undefined);
  const { corpus, trainIndices } = await readCorpus(job, dataset, model, { train: all, validation: all });
  const em = {
    ...(spec.literal ? literalPerplexityEm : {}),
    ...(spec.prefix === undefined ? {} : { prefix: spec.prefix }),
    ...(spec.rounds === undefined ? {} : { rounds: spec.rounds }),
  };
  const found = await splitBy(spec.method, model, corpus, { k: spec.k, seed: spec.seed, em }, watch);
  const name = spec.name ?? `${splitLabels[spec.method]}, k = ${found.k}`;
  const identity = { id: `split-${job.suffix}`, name, created: job.created, dataset: dataset.id, run: job.id };
  return {
    kind: 'split',
    clustering: clusteringRecord(found, spec.method, corpus.train, identity),
    rows: clusteringRows(found, trainIndices),
  };
}

type Identity = Pick<Clustering, 'id' | 'name' | 'created' | 'dataset' | 'run'>;

export function clusteringRecord(
  found: SplitResult,
  method: SplitMethod,
  documents: readonly TokenizedDocument[],
  identity: Identity,
): Clustering {
  const { nmi, ari, purity } = splitFigures(found, documents);
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
      ...(nmi === undefined || ari === undefined || purity === undefined ? {} : { nmi, ari, purity }),
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
