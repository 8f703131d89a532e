/** Posteriors over experts from what experts make of documents. */

/** Nats of whole documents [N, k] from their per-token losses [k, n]. */
export function sumOverTokens(losses: readonly Float32Array[], k: number): Float64Array {
  const sums = new Float64Array(losses.length * k);
  losses.forEach((values, d) => {
    const n = values.length / k;
    values.forEach((value, i) => (sums[d * k + Math.floor(i / n)] += value));
  });
  return sums;
}

/** softmax over experts of −β·loss: [N, k]. β is one number or one per document. */
export function posteriorsOf(losses: Float64Array, k: number, beta: number | Float64Array): Float64Array {
  const result = new Float64Array(losses.length);
  for (let d = 0; d * k < losses.length; d++) {
    const row = losses.subarray(d * k, (d + 1) * k);
    const least = Math.min(...row);
    const b = typeof beta === 'number' ? beta : beta[d];
    let total = 0;
    for (let e = 0; e < k; e++)
      total += result[d * k + e] = Math.max(Number.MIN_VALUE, Math.exp(-b * (row[e] - least)));
    for (let e = 0; e < k; e++) result[d * k + e] /= total;
  }
  return result;
}

/** Index, counted from `from`, of the largest of `length` values. */
export function argmax(values: Float64Array, from: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) if (values[from + i] > values[from + best]) best = i;
  return best;
}

/** Mean entropy of posteriors [N, k], in nats: 0 is certain, ln k undecided. */
export function meanEntropy(posteriors: Float64Array, k: number): number {
  let total = 0;
  for (const p of posteriors) if (p > 0) total -= p * Math.log(p);
  return total / (posteriors.length / k);
}
