import type { Random } from '../protocol/random';

export interface SamplingSettings {
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** Only the most probable tokens that together reach this probability are drawn from (nucleus sampling, Holtzman et al. 2020). */
  readonly topP: number;
}

/** log softmax of `values[from … from + length)`, in float64. */
export function logSoftmax(values: ArrayLike<number>, from: number, length: number): Float64Array {
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

/** Draws a token from log-probabilities [V]. */
export function sample(logProbabilities: Float64Array, settings: SamplingSettings, random: Random): number {
  const order = Array.from(logProbabilities.keys()).sort((a, b) => logProbabilities[b] - logProbabilities[a] || a - b);
  if (settings.temperature === 0) return order[0];
  const scaled = logProbabilities.map((value) => value / settings.temperature);
  const total = logSumExp(scaled);
  const kept: { token: number; probability: number }[] = [];
  let mass = 0;
  for (const token of order) {
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
