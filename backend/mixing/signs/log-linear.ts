/**
 * Weights of experts from several signs at once: log w_e ∝ Σ_f scale_f · sign_f(e) + bias_e. Scales and biases are those under which the
 * mixture makes texts likeliest that none of the experts learned from: the marginal likelihood of Co-LLM (Shen et al. 2024), for k
 * experts.
 */
import { logSoftmaxOf, logSumExp } from '../../model/decoding/sampling';
import { Descent } from '../descent';
import { usualFloor } from './settings';

export interface LogLinear {
  /** [signs] */
  readonly scales: readonly number[];
  /** [k] */
  readonly biases: readonly number[];
  /** Share of the say that all have in equal parts: what the signs know nothing of can cost no more. */
  readonly floor?: number | undefined;
}

/** log weights [k] of the experts, each of whom has `signs` [k, signs]. */
export function logLinearWeights(
  { scales, biases, floor = usualFloor }: LogLinear,
  signs: ArrayLike<number>,
): Float64Array {
  const k = biases.length;
  const logits = biases.map((bias, e) =>
    scales.reduce((sum, scale, f) => sum + scale * signs[e * scales.length + f], bias),
  );
  const even = Math.log(floor / k);
  return logSoftmaxOf(logits, 0, k).map((weight) => logSumExp([Math.log1p(-floor) + weight, even]));
}

/** Tokens of texts: what the signs say of the experts before each, and what each costs under them. */
export interface WeighedTokens {
  /** [n, k, signs] */
  readonly signs: Float64Array;
  /** Nats [n, k] */
  readonly nll: Float64Array;
}

const [steps, learningRate] = [100, 0.1];
/** Keeps a bias from growing where hardly a token speaks for it. */
const restraint = 1e-4;

/** Scales and biases by gradient descent on the mixture's loss, and this loss in nats per token. */
export function fitLogLinear(
  { signs, nll }: WeighedTokens,
  k: number,
): { readonly weights: LogLinear; readonly loss: number } {
  const F = signs.length / nll.length;
  const spreads = Array.from({ length: F }, (_, f) => spreadOf(signs, f, F));
  const standard = signs.map((value, i) => value / spreads[i % F]);
  const descent = new Descent(F + k, { learningRate, weightDecay: 0 }, steps);
  descent.parameters.fill(1 / F, 0, F);
  let loss = 0;
  for (let step = 0; step < steps; step++) {
    const gradient = new Float64Array(F + k);
    loss = addGradient({ signs: standard, nll }, descent.parameters, gradient, k);
    descent.step(gradient);
  }
  const { parameters } = descent;
  const scales = spreads.map((spread, f) => parameters[f] / spread);
  return { weights: { scales, biases: [...parameters.subarray(F)] }, loss };
}

/** Of the mixture's loss at `parameters`, scales then biases; returns the loss. */
function addGradient(
  { signs, nll }: WeighedTokens,
  parameters: Float64Array,
  gradient: Float64Array,
  k: number,
): number {
  const F = parameters.length - k;
  const n = nll.length / k;
  const [logits, joint] = [new Float64Array(k), new Float64Array(k)];
  let total = 0;
  for (let t = 0; t < n; t++) {
    for (let e = 0; e < k; e++) {
      logits[e] = parameters[F + e];
      for (let f = 0; f < F; f++) logits[e] += parameters[f] * signs[(t * k + e) * F + f];
    }
    const normaliser = logSumExp(logits);
    for (let e = 0; e < k; e++) joint[e] = logits[e] - normaliser - nll[t * k + e];
    const likelihood = logSumExp(joint);
    total -= likelihood;
    for (let e = 0; e < k; e++) {
      const error = (Math.exp(logits[e] - normaliser) - Math.exp(joint[e] - likelihood)) / n;
      for (let f = 0; f < F; f++) gradient[f] += error * signs[(t * k + e) * F + f];
      gradient[F + e] += error;
    }
  }
  for (let e = 0; e < k; e++) gradient[F + e] += 2 * restraint * parameters[F + e];
  return total / n;
}

function spreadOf(signs: Float64Array, f: number, F: number): number {
  const n = signs.length / F;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    sum += signs[i * F + f];
    squares += signs[i * F + f] ** 2;
  }
  return Math.sqrt(Math.max(1e-12, squares / n - (sum / n) ** 2));
}
