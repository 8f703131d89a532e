/** Log-bias experts from documents to piles: what is read of the documents, and how people's word is kept. */
import type { Watch } from '../../../../base/progress';
import { createRandom } from '../../../../base/random';
import type { LanguageModel } from '../../../../model/language-model';
import { assignBalanced } from '../../../constraints/balance';
import type { Group } from '../../../constraints/constraints';
import { fitLogBias, type LogBiasMixture, type LogBiasSettings } from './log-bias';
import { predictDocuments } from './predictions';

/** How piles of log-bias experts are made: in this process, or elsewhere. Throws the signal's reason when it is aborted. */
export type RunLogBias = (given: LogBiasTask, watch: Watch) => Promise<LogBiasPiles>;

export interface LogBiasTask {
  /** Beginnings of documents, each with its prefix token. */
  readonly documents: readonly Int32Array[];
  readonly settings: LogBiasSettings & { /** What people said of the documents. */ readonly groups?: readonly Group[] };
  /** The base model's first layers only. */
  readonly proxyLayers?: number | undefined;
}

export interface LogBiasPiles extends Pick<LogBiasMixture, 'gain'> {
  /** The most probable pile of each document, as far as what people said allows [N]. */
  readonly assignments: Int32Array;
  /** P(e | d) [N, k]. */
  readonly posteriors: Float32Array;
  /** Documents that experts learned from; the others were only judged. */
  readonly learned: number;
}

/** Tokens that experts learn from at most: what is known of each takes some 450 bytes of memory. */
const mostTokens = 1_000_000;
/** Documents that are judged together. */
const judgedTogether = 4096;

/** In this process. */
export function logBiasHere(base: LanguageModel): RunLogBias {
  return async ({ documents, settings, proxyLayers }, watch) => {
    const model = proxyLayers === undefined ? base : base.firstLayers(proxyLayers);
    try {
      return await pilesOf(model, documents, settings, watch);
    } finally {
      if (model !== base) await model.dispose();
    }
  };
}

async function pilesOf(
  model: LanguageModel,
  documents: readonly Int32Array[],
  { groups = [], ...settings }: LogBiasTask['settings'],
  watch: Watch,
): Promise<LogBiasPiles> {
  const { k, seed, from } = settings;
  const learned = drawn(documents, seed);
  const others = new Set(documents.keys());
  for (const d of learned) others.delete(d);
  const judged = [...others];
  const predictions = await predictDocuments(
    model,
    learned.map((d) => documents[d]),
    watch,
  );
  const begin = from === undefined ? {} : { from: Int32Array.from(learned, (d) => from[d]) };
  const { posteriors: own, judge, gain } = await fitLogBias(predictions, { ...settings, ...begin }, watch);

  const found = new Float64Array(documents.length * k);
  const place = (rows: readonly number[], values: Float64Array): void =>
    rows.forEach((d, i) => found.set(values.subarray(i * k, (i + 1) * k), d * k));
  place(learned, own);
  for (let at = 0; at < judged.length; at += judgedTogether) {
    const shard = judged.slice(at, at + judgedTogether);
    place(
      shard,
      judge(
        await predictDocuments(
          model,
          shard.map((d) => documents[d]),
          silenced(watch),
        ),
      ),
    );
    watch.report({
      stage: 'Experts judge the documents',
      done: at + shard.length,
      total: judged.length,
      unit: 'documents',
    });
  }
  const posteriors = from === undefined ? asPinned(found, k, groups) : found;
  const assignments = assignBalanced(posteriors.map(Math.log), k, k, groups);
  return { gain, learned: learned.length, assignments, posteriors: Float32Array.from(posteriors) };
}

export const silenced = ({ signal }: Watch): Watch => ({ signal, report: () => undefined });

/** Documents that experts learn from, in their order: all, or some that are drawn where all would be too many. */
export function drawn(documents: readonly Int32Array[], seed: number): number[] {
  const all = Array.from(documents.keys());
  if (documents.reduce((sum, { length }) => sum + length, 0) <= mostTokens) return all;
  const learned = new Set<number>();
  let tokens = 0;
  for (const d of createRandom(seed, 88).shuffle(all.slice())) {
    tokens += documents[d].length;
    if (tokens > mostTokens) break;
    learned.add(d);
  }
  return all.filter((d) => learned.has(d));
}

/** Piles found have no numbers of their own: they get those with which documents lie where people pinned them, as far as that goes. */
function asPinned(posteriors: Float64Array, k: number, groups: readonly Group[]): Float64Array {
  const votes = Array.from({ length: k * k }, (_, i) => ({ found: Math.floor(i / k), pile: i % k, weight: 0 }));
  for (const { rows, pile } of groups) {
    if (pile === undefined) continue;
    for (const row of rows) for (let e = 0; e < k; e++) votes[e * k + pile].weight += posteriors[row * k + e];
  }
  const numbers = new Map<number, number>();
  const taken = new Set<number>();
  for (const { found, pile } of votes.sort((a, b) => b.weight - a.weight)) {
    if (numbers.has(found) || taken.has(pile)) continue;
    numbers.set(found, pile);
    taken.add(pile);
  }
  const result = new Float64Array(posteriors.length);
  posteriors.forEach((p, i) => (result[i - (i % k) + (numbers.get(i % k) ?? 0)] = p));
  return result;
}
