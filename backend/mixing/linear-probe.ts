/** A linear probe on hidden states: logistic regression. */
import { createRandom } from '../base/random';

/** Weights [D] and a bias, on hidden states as they are. */
export interface Probe {
  readonly weights: Float64Array;
  readonly bias: number;
}

export interface ProbeSettings {
  readonly seed: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** A probe's logit for the hidden state that begins at `from`. */
export function probeLogit({ weights, bias }: Probe, hidden: Float32Array, from: number): number {
  let total = bias;
  for (let j = 0; j < weights.length; j++) total += weights[j] * hidden[from + j];
  return total;
}

const batchSize = 64;
const [beta1, beta2] = [0.9, 0.99];

/**
 * Binary cross-entropy on rows [n, D] with labels 0 or 1, both classes weighing the same in sum: Adam on standardised
 * features, folded back into raw ones.
 */
export function trainProbe(rows: Float32Array, labels: Int32Array, settings: ProbeSettings): Probe {
  const n = labels.length;
  const D = rows.length / n;
  const { mean, deviation } = standardisation(rows, D);
  const standardised = Float64Array.from(rows, (value, i) => (value - mean[i % D]) / deviation[i % D]);
  const positive = labels.reduce((count, label) => count + label, 0);
  const classWeights = [n / (2 * Math.max(1, n - positive)), n / (2 * Math.max(1, positive))];
  const random = createRandom(settings.seed, 33);
  const order = Array.from({ length: n }, (_, i) => i);
  const descent = new Descent(D + 1, settings, settings.epochs * Math.ceil(n / batchSize));
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const shuffled = random.shuffle(order);
    for (let from = 0; from < n; from += batchSize) {
      const gradient = new Float64Array(D + 1);
      const members = shuffled.slice(from, from + batchSize);
      for (const i of members) {
        const at = i * D;
        let logit = descent.parameters[D];
        for (let j = 0; j < D; j++) logit += descent.parameters[j] * standardised[at + j];
        const error = ((1 / (1 + Math.exp(-logit)) - labels[i]) * classWeights[labels[i]]) / members.length;
        for (let j = 0; j < D; j++) gradient[j] += error * standardised[at + j];
        gradient[D] += error;
      }
      descent.step(gradient);
    }
  }
  const weights = Float64Array.from({ length: D }, (_, j) => descent.parameters[j] / deviation[j]);
  return { weights, bias: descent.parameters[D] - weights.reduce((sum, weight, j) => sum + weight * mean[j], 0) };
}

/** Adam with a rate that falls linearly to zero. */
export class Descent {
  readonly parameters: Float64Array;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private steps = 0;

  constructor(
    size: number,
    private readonly settings: Pick<ProbeSettings, 'learningRate' | 'weightDecay'>,
    private readonly total: number,
  ) {
    this.parameters = new Float64Array(size);
    this.first = new Float64Array(size);
    this.second = new Float64Array(size);
  }

  step(gradient: Float64Array): void {
    const { learningRate, weightDecay } = this.settings;
    const { parameters, first, second } = this;
    this.steps++;
    const rate = learningRate * (1 - this.steps / (this.total + 1));
    const correction1 = 1 - beta1 ** this.steps;
    const correction2 = 1 - beta2 ** this.steps;
    for (let j = 0; j < parameters.length; j++) {
      first[j] = beta1 * first[j] + (1 - beta1) * gradient[j];
      second[j] = beta2 * second[j] + (1 - beta2) * gradient[j] ** 2;
      const update = first[j] / correction1 / (Math.sqrt(second[j] / correction2) + 1e-8);
      parameters[j] -= rate * (update + weightDecay * parameters[j]);
    }
  }
}

function standardisation(rows: Float32Array, D: number): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(D);
  const square = new Float64Array(D);
  const n = rows.length / D;
  rows.forEach((value, i) => {
    mean[i % D] += value / n;
    square[i % D] += (value * value) / n;
  });
  return { mean, deviation: square.map((value, j) => Math.sqrt(Math.max(1e-8, value - mean[j] ** 2))) };
}
