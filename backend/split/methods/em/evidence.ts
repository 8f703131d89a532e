/**
 * How much experts' word on documents is worth, measured on piles that others found: multinomial logistic regression with the experts'
 * log-likelihoods as the one feature (Platt 1999, for k classes). Experts that have learned little tell documents apart less surely than
 * their likelihoods claim, and one that has learned from fewer texts is worse on all of them; the weight and the biases say how much.
 */

/** P(e|d) ∝ prior · exp(bias_e − β·loss): how losses in nats of whole documents become posteriors. */
export interface Evidence {
  /** `literal` is one over the tokens of a document: inverse to the perplexity. */
  readonly beta: number | 'literal';
  /** Of each expert [k], in nats; none where there is nothing. */
  readonly biases?: Float64Array;
  /** Relaxed winner takes all: this share goes to all others than the most probable expert, in equal parts, whatever their losses. */
  readonly relaxed?: number;
}

/** Rounds of fitting, each of which takes one step of the biases and one of β. */
const rounds = 200;
const [firstBeta, leastBeta] = [0.05, 1e-6];
/** Where all losses are equal there is none. */
const leastCurvature = 1e-12;
/** How far the fit may step in ln β, and when it ends. */
const [longestStep, shortestStep] = [0.5, 1e-4];

/**
 * The weight β from 0 to 1 and the biases under which losses [N, k] make piles [N] likeliest. Whoever judged a document must not have
 * learned from it.
 */
export function fitEvidence(
  losses: Float64Array,
  piles: Int32Array,
  k: number,
): Required<Pick<Evidence, 'biases'>> & { readonly beta: number } {
  const N = piles.length;
  const sizes = new Float64Array(k).fill(1);
  for (const pile of piles) sizes[pile]++;
  // From each expert's mean, so that one which is worse on all texts does not hide what the weight tells.
  const means = new Float64Array(k);
  losses.forEach((loss, i) => (means[i % k] += loss / N));
  const offsets = sizes.map((size) => Math.log(size / (N + k)));
  let logBeta = Math.log(firstBeta);
  for (let round = 0; round < rounds; round++) {
    const beta = Math.exp(logBeta);
    const expected = new Float64Array(k).fill(1);
    let [slope, curvature] = [0, 0];
    for (let d = 0; d < N; d++) {
      const row = losses.subarray(d * k, (d + 1) * k).map((loss, e) => loss - means[e]);
      const p = softmax(row.map((loss, e) => offsets[e] - beta * loss));
      const mean = row.reduce((sum, loss, e) => sum + p[e] * loss, 0);
      slope += mean - row[piles[d]];
      row.forEach((loss, e) => (curvature += p[e] * (loss - mean) ** 2));
      p.forEach((share, e) => (expected[e] += share));
    }
    // Newton's step, in ln β.
    const step = clamp(slope / Math.max(leastCurvature, beta * curvature), longestStep);
    logBeta = Math.min(0, Math.max(Math.log(leastBeta), logBeta + step));
    const moves = offsets.map((_, e) => Math.log(sizes[e] / expected[e]));
    moves.forEach((move, e) => (offsets[e] += move));
    if (Math.max(Math.abs(step), ...moves.map(Math.abs)) < shortestStep) break;
  }
  const beta = Math.exp(logBeta);
  return { beta, biases: offsets.map((offset, e) => offset + beta * means[e]) };
}

function softmax(logs: Float64Array): Float64Array {
  const most = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - most));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(-most, value));
