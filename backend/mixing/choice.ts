/** Which experts are asked for a token. */
import type { Random } from '../base/random';

/** Of the log weights [k] of experts those by which they speak: they sum to one again, and who is silent has −∞. */
export type Choice = (logWeights: Float64Array) => Float64Array;

/** The expert with the largest weight. */
export const leading = (logWeights: Float64Array): number => logWeights.indexOf(Math.max(...logWeights));

export const everybody: Choice = (logWeights) => logWeights;

/**
 * Silences the experts with the least weights, as many as have at most ε together. What is drawn then differs from the mixture by at most
 * ε in total variation and −log(1 − ε) nats of Kullback-Leibler divergence; no token is more probable by more than that.
 */
export function butTheLeast(epsilon: number): Choice {
  return (logWeights) => {
    const weights = logWeights.map(Math.exp);
    const fromLeast = Array.from(weights.keys()).sort((a, b) => weights[a] - weights[b]);
    const chosen = logWeights.slice();
    let silent = 0;
    for (const e of fromLeast.slice(0, -1)) {
      if (silent + weights[e] > epsilon) break;
      silent += weights[e];
      chosen[e] = -Infinity;
    }
    return chosen.map((weight) => weight - Math.log1p(-silent));
  };
}

/** One expert, drawn by the weights (arXiv 2605.00419): a token that is drawn from it is one of the mixture, Σ_e w_e p_e. */
export function oneDrawn(random: Random): Choice {
  return (logWeights) => {
    let left = random.uniform();
    let drawn = leading(logWeights);
    for (const [e, weight] of logWeights.entries()) {
      left -= Math.exp(weight);
      if (left >= 0) continue;
      drawn = e;
      break;
    }
    return logWeights.map((_, e) => (e === drawn ? 0 : -Infinity));
  };
}
