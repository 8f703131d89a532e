import { UserError } from '../../base/errors';
import type { Random } from '../../base/random';

export interface SamplingSettings {
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** Only the most probable tokens that together reach this probability are drawn from (nucleus sampling, Holtzman et al. 2020). */
  readonly topP: number;
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

/** Draws a token from log-probabilities [V]. Throws UserError where they are no numbers. */
export function sampleToken(logProbabilities: Float64Array, settings: SamplingSettings, random: Random): number {
  if (Number.isNaN(logProbabilities[0])) {
    throw new UserError(
      'The model gives no numbers (NaN) for the next token.',
      'Use another expert, or train it again.',
    );
  }
  if (settings.temperature === 0) return mostProbable(logProbabilities, 1)[0];
  const scaled = logProbabilities.map((value) => value / settings.temperature);
  const total = logSumExp(scaled);
  const kept: { token: number; probability: number }[] = [];
  let mass = 0;
  for (const token of candidates(scaled, total, settings.topP)) {
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

/**
 * Tokens that may be in the nucleus, the most probable first. Those below (1 − topP) / V reach at most 1 − topP together, so
 * the nucleus is full without them: only few of a large vocabulary need sorting, and none where all are drawn from.
 */
function candidates(scaled: Float64Array, total: number, topP: number): number[] {
  const tokens = Array.from(scaled.keys());
  if (topP === 1) return tokens;
  const least = total + Math.log((1 - topP) / scaled.length);
  return tokens.filter((token) => scaled[token] >= least).sort((a, b) => scaled[b] - scaled[a] || a - b);
}
