/** Posteriors over experts from what experts make of documents. */
import type { Evidence } from './evidence';

/** Nats of whole documents [N, k] from their per-token losses [k, n]. */
export function sumOverTokens(losses: readonly Float32Array[], k: number): Float64Array {
  const sums = new Float64Array(losses.length * k);
  losses.forEach((values, d) => {
    const n = values.length / k;
    values.forEach((value, i) => (sums[d * k + Math.floor(i / n)] += value));
  });
  return sums;
}

/** β of each of these sequences, which begin with a prefix token. */
export function betasOf(sequences: readonly Int32Array[], { beta }: Pick<Evidence, 'beta'>): Float64Array {
  return Float64Array.from(sequences, ({ length }) => (beta === 'literal' ? 1 / Math.max(1, length - 1) : beta));
}

// Beyond this a prior that was rounded to zero would forbid what no evidence could then bring back.
const leastPrior = 1e-30;
// No denormal number: where the runtime has set the processor so, these are zero.
const leastShare = 1e-300;

/**
 * P(e|d) ∝ prior · exp(bias − β·loss): [N, k], for losses [N, k] in nats of whole documents and one β per document. Without a
 * prior [N, k] every expert is as likely as another; without biases [k] none is preferred.
 */
export function posteriorsOf(
  losses: Float64Array,
  k: number,
  betas: Float64Array,
  { prior, biases }: { readonly prior?: readonly number[]; readonly biases?: Float64Array } = {},
): Float64Array {
  const result = new Float64Array(losses.length);
  for (let d = 0; d * k < losses.length; d++) {
    const logs = Array.from({ length: k }, (_, e) => {
      const at = d * k + e;
      return Math.log(Math.max(leastPrior, prior?.[at] ?? 1)) + (biases?.[e] ?? 0) - betas[d] * losses[at];
    });
    const largest = Math.max(...logs);
    let total = 0;
    for (let e = 0; e < k; e++) total += result[d * k + e] = Math.max(leastShare, Math.exp(logs[e] - largest));
    for (let e = 0; e < k; e++) result[d * k + e] /= total;
  }
  return result;
}

/** Posteriors [N, k] of which the highest becomes 1 − ε, the first among equals, and each other ε / (k − 1). */
export function relaxedOf(posteriors: Float64Array, k: number, epsilon: number): Float64Array {
  if (k === 1) return posteriors;
  const result = new Float64Array(posteriors.length).fill(epsilon / (k - 1));
  for (let from = 0; from < posteriors.length; from += k) {
    const own = posteriors.subarray(from, from + k);
    result[from + own.indexOf(Math.max(...own))] = 1 - epsilon;
  }
  return result;
}

/** Mean entropy of posteriors [N, k], in nats: 0 is certain, ln k undecided. */
export function meanEntropy(posteriors: Float64Array, k: number): number {
  let total = 0;
  for (const p of posteriors) if (p > 0) total -= p * Math.log(p);
  return total / (posteriors.length / k);
}
