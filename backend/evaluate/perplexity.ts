import { type Evidence, totalNats } from '../mixing/evidence';
import { textEvidence, type Weighed } from '../mixing/text-evidence';
import type { FittedWeighting } from '../mixing/weighting';
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import { byText, score, windows } from '../model/score';
import type { DocumentScore } from './statistics';

/** A test document ready to be scored. */
export interface ScoredText {
  readonly id: string;
  readonly domain?: string | undefined;
  /** UTF-8 bytes of the text. */
  readonly bytes: number;
  /** The prefix token and all others. */
  readonly tokens: Int32Array;
}

type Scores = DocumentScore[];

// Texts longer than this are scored stretch by stretch, each from the prefix token on.
export const scoringContext = 256;

/** Of each text the losses [k, n] of its stretches, one after the other. */
export type Losses = readonly (readonly Float32Array[])[];

/** What experts make of texts, stretch by stretch: losses only, or all that a weighting needs. */
export function stretchLosses(
  model: LanguageModel,
  texts: readonly Int32Array[],
  adapter: ExpertStack | undefined,
  onBatch: (sequences: number) => void,
): Promise<Losses> {
  return byText(texts.map(stretchesOf), (sequences) => score(model, sequences, adapter, { onBatch }));
}

export function stretchEvidence(
  model: LanguageModel,
  texts: readonly Int32Array[],
  stack: ExpertStack,
  weighting: Weighed,
  onBatch: (sequences: number) => void,
): Promise<Evidence[][]> {
  return textEvidence(model, stack, weighting, texts.map(stretchesOf), onBatch);
}

/** Scores of documents under a single model. */
export function singleScores(texts: readonly ScoredText[], losses: Losses): Scores {
  return texts.map((text, i) => documentScore(text, sum(losses[i].flatMap((stretch) => [...stretch]))));
}

/**
 * Scores of documents under each expert alone, and two bounds that no router reaches: each document under the expert that is best for it, and
 * each token under the one that is best there.
 */
export function expertScores(
  texts: readonly ScoredText[],
  evidence: readonly (readonly Evidence[])[],
  k: number,
): { readonly single: readonly Scores[]; readonly oracle: Scores; readonly tokenOracle: Scores } {
  const totals = evidence.map((stretches) => expertTotals(stretches, k));
  const scored = (nats: (ofDocument: Float64Array) => number): Scores =>
    texts.map((text, i) => documentScore(text, nats(totals[i])));
  return {
    single: Array.from({ length: k }, (_, e) => scored((ofDocument) => ofDocument[e])),
    oracle: scored((ofDocument) => Math.min(...ofDocument)),
    tokenOracle: texts.map((text, i) => documentScore(text, bestOfTokens(evidence[i], k))),
  };
}

/** Predicted tokens of a document by which it is counted to the pile of an expert. */
const beginning = 32;

/**
 * Scores of each expert alone on the rest of each document, in the place of its domain the number of the expert that its first 32 tokens are
 * likeliest under, each pile's share being the prior: what chooses an expert does not speak for it. Documents that end there are left out.
 */
export function pileScores(
  texts: readonly ScoredText[],
  evidence: readonly (readonly Evidence[])[],
  shares: readonly number[],
): readonly Scores[] {
  const scores = shares.map((): Scores => []);
  texts.forEach((text, i) => {
    if (text.tokens.length - 1 <= beginning) return;
    const [{ nll, n }] = evidence[i];
    const begun = shares.map((_, e) => sum([...nll.subarray(e * n, e * n + beginning)]));
    const beliefs = shares.map((share, e) => Math.log(share) - begun[e]);
    const domain = String(beliefs.indexOf(Math.max(...beliefs)));
    expertTotals(evidence[i], shares.length).forEach((nats, e) => {
      const whole = documentScore(text, nats - begun[e]);
      scores[e].push({ ...whole, domain, tokens: whole.tokens - beginning });
    });
  });
  return scores;
}

/** Scores of documents under the mixture that a weighting makes of experts. */
export function mixtureScores(
  texts: readonly ScoredText[],
  evidence: readonly (readonly Evidence[])[],
  weighting: FittedWeighting,
): Scores {
  return texts.map((text, i) => documentScore(text, totalNats(weighting, evidence[i])));
}

/** Nats of a document whose every token is of the expert that finds it most probable. */
function bestOfTokens(stretches: readonly Evidence[], k: number): number {
  let total = 0;
  for (const { nll, n } of stretches) {
    for (let t = 0; t < n; t++) {
      let least = Infinity;
      for (let e = 0; e < k; e++) least = Math.min(least, nll[e * n + t]);
      total += least;
    }
  }
  return total;
}

/** Nats [k] of a document under each expert alone. */
function expertTotals(stretches: readonly Evidence[], k: number): Float64Array {
  const totals = new Float64Array(k);
  for (const { nll, n } of stretches) {
    for (let t = 0; t < n; t++) for (let e = 0; e < k; e++) totals[e] += nll[e * n + t];
  }
  return totals;
}

export function documentScore(text: ScoredText, nll: number): DocumentScore {
  return { id: text.id, domain: text.domain, nll, tokens: text.tokens.length - 1, bytes: text.bytes };
}

/** A text as the stretches that it is scored by. */
export function stretchesOf(tokens: Int32Array): Int32Array[] {
  return windows(tokens, scoringContext);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
