/**
 * What piles are worth, whoever made them: how likely a mixture of log-bias experts that learned from them makes documents that none of
 * them learned from. It costs one reading of the documents, so any two divisions of a corpus can be held against each other.
 */
import type { Watch } from '../../../../base/progress';
import type { LanguageModel } from '../../../../model/language-model';
import { LogBiasExperts, type Temper } from './experts';
import { corpusOf, go, usualPseudoTokens } from './log-bias';
import { type Predictions, predictDocuments } from './predictions';
import { drawn, silenced } from './run';

/** How piles are compared: in this process, or elsewhere. Throws the signal's reason when it is aborted. */
export type ComparePiles = (given: PilesToCompare, watch: Watch) => Promise<PileGains>;

export interface PilesToCompare {
  /** Beginnings of documents, each with its prefix token. */
  readonly documents: readonly Int32Array[];
  /** Held-out ones. */
  readonly validation: readonly Int32Array[];
  readonly settings: {
    readonly k: number;
    readonly seed: number;
    /** Each division, the pile of every document [N]; −1 is a document that is in none. */
    readonly piles: readonly Int32Array[];
  };
  /** The base model's first layers only. */
  readonly proxyLayers?: number | undefined;
}

export interface PileGains {
  /** How much likelier each division's mixture makes each held-out document than the base model does, in nats [divisions][validation]. */
  readonly gains: readonly Float64Array[];
  /** Tokens of the held-out documents, of which repetitions are dampened. */
  readonly tokens: number;
}

/** Rounds in which experts learn from piles that stay as they are. */
const learningRounds = 6;
/** Each division is judged at that of these multiples of the usual smoothing which suits it best: few documents need more. */
const smoothings = [1, 8, 64];

/** In this process. */
export function comparePilesHere(base: LanguageModel): ComparePiles {
  return async ({ documents, validation, settings, proxyLayers }, watch) => {
    const { k, seed, piles } = settings;
    const model = proxyLayers === undefined ? base : base.firstLayers(proxyLayers);
    try {
      const learned = drawn(documents, seed);
      const read = (part: readonly Int32Array[]) => predictDocuments(model, part, silenced(watch));
      const predictions = await read(learned.map((d) => documents[d]));
      const own = piles.map((of) => Int32Array.from(learned, (d) => of[d]));
      return await pileGains(predictions, await read(validation), { k, piles: own }, watch);
    } finally {
      if (model !== base) await model.dispose();
    }
  };
}

/** `validation` are predictions of the same base model. */
export async function pileGains(
  predictions: Predictions,
  validation: Predictions,
  { k, piles }: { readonly k: number; readonly piles: readonly Int32Array[] },
  watch: Watch,
): Promise<PileGains> {
  const corpus = corpusOf(predictions);
  const best: Float64Array[] = piles.map(() => new Float64Array(validation.documents.length).fill(-Infinity));
  for (const times of smoothings) {
    const experts = new LogBiasExperts(predictions, corpus, k, piles.length);
    experts.beginWith(piles);
    const temper = (): Temper => ({ beta: 'kept', pseudoTokens: times * usualPseudoTokens(corpus, k) });
    const key = `compared at ${times}`;
    await go(experts, { key, name: 'Piles are compared', rounds: learningRounds, temper }, watch);
    const scores = experts.judgeOthers(validation);
    piles.forEach((_, division) => {
      const { gains } = experts.mixtureOf(division, scores);
      if (sumOf(gains) > sumOf(best[division])) best[division] = gains;
    });
  }
  return { gains: best, tokens: corpusOf(validation).tokens };
}

const sumOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** Nats per token that a division gains; NaN without held-out documents. */
export function gainPerToken({ gains, tokens }: PileGains, division: number): number {
  return gains[division].length === 0 ? Number.NaN : sumOf(gains[division]) / tokens;
}

/** Whether division `b` gains less than division `a` by more than the standard error of their difference over documents. */
export function isWorse({ gains }: PileGains, a: number, b: number): boolean {
  const differences = gains[a].map((gain, d) => gain - gains[b][d]);
  const n = differences.length;
  const mean = sumOf(differences) / n;
  const variance = differences.reduce((sum, difference) => sum + (difference - mean) ** 2, 0) / Math.max(1, n - 1);
  return mean > Math.sqrt(variance / n);
}
