/** What learners of probes share: labelled hidden states, their scale, and descent on the cross-entropy. */
import { createRandom } from '../../base/random';
import { Descent, type DescentSettings } from '../descent';
import type { Probe } from './probe';

/** Hidden states [n, D] with a label each, and how much each of them counts. */
export interface LabelledStates {
  readonly rows: Float32Array;
  /** [n]: 1 for texts of the pile, 0 for others. */
  readonly labels: Int32Array;
  /** [n] */
  readonly weights: Float64Array;
}

export interface LearnerSettings extends DescentSettings {
  readonly seed: number;
  readonly epochs: number;
}

/** Learns a probe of labelled hidden states. */
export type Learner = (states: LabelledStates, settings: LearnerSettings) => Probe;

/** Mean and deviation [D] of rows [n, D]. */
export function standardisation(rows: Float32Array, D: number): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(D);
  const square = new Float64Array(D);
  const n = rows.length / D;
  rows.forEach((value, i) => {
    mean[i % D] += value / n;
    square[i % D] += (value * value) / n;
  });
  return { mean, deviation: square.map((value, j) => Math.sqrt(Math.max(1e-8, value - mean[j] ** 2))) };
}

/** Rows [n, D] with mean 0 and deviation 1 in each column. */
export function standardised(
  rows: Float32Array,
  { mean, deviation }: ReturnType<typeof standardisation>,
): Float64Array {
  const D = mean.length;
  return Float64Array.from(rows, (value, i) => (value - mean[i % D]) / deviation[i % D]);
}

/** A linear form [D] on standardised states, and a bias, as one on states as they are. */
export function onRawStates(
  parameters: Float64Array,
  bias: number,
  { mean, deviation }: ReturnType<typeof standardisation>,
): { readonly weights: Float64Array; readonly bias: number } {
  const weights = parameters.map((weight, j) => weight / deviation[j]);
  return { weights, bias: bias - weights.reduce((sum, weight, j) => sum + weight * mean[j], 0) };
}

const batchSize = 64;

/**
 * Minimises weighted binary cross-entropy by batches. `forward` gives the logit of example i, and `backward` adds the gradient of its loss,
 * `error` being that of the logit.
 */
export function descend(
  { labels, weights }: Omit<LabelledStates, 'rows'>,
  { seed, epochs, ...settings }: LearnerSettings,
  size: number,
  model: {
    readonly begin?: (parameters: Float64Array) => void;
    readonly forward: (parameters: Float64Array, i: number) => number;
    readonly backward: (parameters: Float64Array, i: number, error: number, gradient: Float64Array) => void;
  },
): Float64Array {
  const n = labels.length;
  const random = createRandom(seed, 33);
  const order = Array.from({ length: n }, (_, i) => i);
  const descent = new Descent(size, settings, epochs * Math.ceil(n / batchSize));
  const { parameters } = descent;
  model.begin?.(parameters);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const shuffled = random.shuffle(order);
    for (let from = 0; from < n; from += batchSize) {
      const gradient = new Float64Array(size);
      const members = shuffled.slice(from, from + batchSize);
      for (const i of members) {
        const likely = 1 / (1 + Math.exp(-model.forward(parameters, i)));
        model.backward(parameters, i, ((likely - labels[i]) * weights[i]) / members.length, gradient);
      }
      descent.step(gradient);
    }
  }
  return parameters;
}
