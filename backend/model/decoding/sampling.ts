import { UserError } from '../../base/errors';
import { exponentials, largestOf } from '../../base/exponentials';
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
  const result = new Float64Array(length);
  const largest = largestOf(values, from, length);
  const shift = largest + Math.log(exponentials(values, from, largest, result));
  for (let i = 0; i < length; i++) result[i] = values[from + i] - shift;
  return result;
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
  const { temperature, topP } = settings;
  if (temperature === 0) return mostProbable(logits, 1)[0];
  const scaled = new Float64Array(logits.length);
  for (let token = 0; token < scaled.length; token++) scaled[token] = logits[token] / temperature;
  const tokens = candidates(scaled, settings);
  if (tokens === undefined) return drawnPlace(scaled, topP, random);
  return tokens[
    drawnPlace(
      Float64Array.from(tokens, (token) => scaled[token]),
      topP,
      random,
    )
  ];
}

/** The tokens that top-k and min-p leave: whichever of the two is applied first, they are the same. Undefined where all are left. */
function candidates(scaled: Float64Array, { topK = 0, minP = 0 }: SamplingSettings): number[] | undefined {
  const most = topK > 0 && topK < scaled.length ? mostProbable(scaled, topK) : undefined;
  if (minP === 0) return most;
  const least = largestOf(scaled, 0, scaled.length) + Math.log(minP);
  return most?.filter((token) => scaled[token] >= least) ?? placesAtLeast(scaled, least);
}

/** Draws one of the logits, of the most probable ones that reach `topP`. */
function drawnPlace(logits: Float64Array, topP: number, random: Random): number {
  const parts = new Float64Array(logits.length);
  const total = exponentials(logits, 0, largestOf(logits, 0, logits.length), parts);
  if (topP === 1) return placeAt(parts, random.uniform() * total);
  // Those below (1 − topP) / n reach at most 1 − topP together, so the nucleus is full without them: only few of a large vocabulary
  // need sorting.
  const places = placesAtLeast(parts, (total * (1 - topP)) / parts.length);
  const sorted = Float64Array.from(places, (place) => parts[place])
    .sort()
    .reverse();
  let [count, mass] = [1, sorted[0]];
  while (mass < topP * total && count < sorted.length) mass += sorted[count++];
  const rank = placeAt(sorted.subarray(0, count), random.uniform() * mass);
  // Of equal ones the first comes first.
  return places.filter((place) => parts[place] === sorted[rank])[rank - sorted.indexOf(sorted[rank])];
}

function placesAtLeast(values: Float64Array, least: number): number[] {
  const places: number[] = [];
  for (let place = 0; place < values.length; place++) if (values[place] >= least) places.push(place);
  return places;
}

/** Where a share of the sum of all parts lies. */
function placeAt(parts: Float64Array, share: number): number {
  let left = share;
  for (let place = 0; place < parts.length; place++) {
    left -= parts[place];
    if (left <= 0) return place;
  }
  return parts.length - 1;
}
