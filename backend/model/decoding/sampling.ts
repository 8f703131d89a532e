import { UserError } from '../../base/errors';
import type { Random } from '../../base/random';

export interface SamplingSettings {
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** Only the most probable tokens that together reach this probability are drawn from (nucleus sampling, Holtzman et al. 2020). */
  readonly topP: number;
  /** Only so many of the most probable tokens are drawn from (Fan et al. 2018); 0, the default, for all. */
  readonly topK?: number;
  /** Only tokens with at least this part of the largest probability are drawn from (Nguyen et al. 2024); 0 by default, for all. */
  readonly minP?: number;
}

/** log softmax of `values[from … from + length)`, in float64. */
export function logSoftmaxOf(values: ArrayLike<number>, from: number, length: number): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = from; i < from + length; i++) largest = Math.max(largest, values[i]);
  let total = 0;
  for (let i = from; i < from + length; i++) total += Math.exp(values[i] - largest);
  const shift = largest + Math.log(total);
  return Float64Array.from({ length }, (_, i) => values[from + i] - shift);
}

/** log Σ exp(values), safe for large and small values. */
export function logSumExp(values: ArrayLike<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i]);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let total = 0;
  for (let i = 0; i < values.length; i++) total += Math.exp(values[i] - largest);
  return largest + Math.log(total);
}

/** The `count` most probable tokens, the most probable first; of equal ones the lower id first. */
export function mostProbable(logProbabilities: Float64Array, count: number): number[] {
  const best: number[] = [];
  if (count === 0) return best;
  for (let token = 0; token < logProbabilities.length; token++) {
    if (best.length === count && !(logProbabilities[token] > logProbabilities[best[count - 1]])) continue;
    const at = best.findIndex((other) => logProbabilities[token] > logProbabilities[other]);
    best.splice(at === -1 ? best.length : at, 0, token);
    if (best.length > count) best.pop();
  }
  return best;
}

/** Draws a token from logits or log-probabilities [V]. Throws UserError where they are no numbers. */
export function sampleToken(logits: Float64Array, settings: SamplingSettings, random: Random): number {
  if (Number.isNaN(logits[0])) {
    throw new UserError(
      'The model gives no numbers (NaN) for the next token.',
      'Use another expert, or train it again.',
    );
  }
  if (settings.temperature === 0) return mostProbable(logits, 1)[0];
  const scaled = logits.map((value) => value / settings.temperature);
  const allowed = candidates(scaled, settings);
  const total = logSumExp(allowed.map((token) => scaled[token]));
  const kept: { token: number; probability: number }[] = [];
  let mass = 0;
  for (const token of nucleus(allowed, scaled, total, settings.topP)) {
    const probability = Math.exp(scaled[token] - total);
    kept.push({ token, probability });
    mass += probability;
    if (mass >= settings.topP) break;
  }
  let left = random.uniform() * mass;
  for (const { token, probability } of kept) {
    left -= probability;
    if (left <= 0) return token;
  }
  return kept[kept.length - 1].token;
}

/** The tokens that top-k and min-p leave: whichever of the two is applied first, they are the same. */
function candidates(scaled: Float64Array, { topK = 0, minP = 0 }: SamplingSettings): number[] {
  const tokens = topK > 0 && topK < scaled.length ? mostProbable(scaled, topK) : Array.from(scaled.keys());
  if (minP === 0) return tokens;
  const least = tokens.reduce((most, token) => Math.max(most, scaled[token]), -Infinity) + Math.log(minP);
  return tokens.filter((token) => scaled[token] >= least);
}

/**
 * Those of the candidates that may be in the nucleus, the most probable first. Those below (1 − topP) / n of them reach at most
 * 1 − topP together, so the nucleus is full without them: only few of a large vocabulary need sorting, and none where all are drawn from.
 */
function nucleus(allowed: number[], scaled: Float64Array, total: number, topP: number): number[] {
  if (topP === 1) return allowed;
  const least = total + Math.log((1 - topP) / allowed.length);
  return allowed.filter((token) => scaled[token] >= least).sort((a, b) => scaled[b] - scaled[a] || a - b);
}
