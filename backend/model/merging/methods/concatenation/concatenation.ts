import type { Factors, WeighedFactors } from '../../factors';
import type { MergeRules } from '../../method';

/** One adapter that changes exactly Σ weight · change: A below A, B beside B, so ranks add up; PEFT's `cat`. */
export const concatenation = { factors: () => ({ sameRanks: false, merge }) } as const satisfies MergeRules;

function merge(experts: readonly WeighedFactors[]): Promise<Factors> {
  const rank = experts.reduce((sum, expert) => sum + expert.rank, 0);
  const out = experts[0].b.length / experts[0].rank;
  const a = new Float32Array((experts[0].a.length / experts[0].rank) * rank);
  const b = new Float32Array(out * rank);
  let [place, first] = [0, 0];
  for (const { a: own, b: ownB, rank: r, weight, scale } of experts) {
    for (const value of own) a[place++] = weight * scale * value;
    for (let row = 0; row < out; row++) b.set(ownB.subarray(row * r, (row + 1) * r), row * rank + first);
    first += r;
  }
  return Promise.resolve({ rank, a, b, scale: 1 });
}
