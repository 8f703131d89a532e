/** What is usual among documents: robust centers, of each pile or of the whole corpus. */

// A pile of fewer documents says too little about what is usual in it, and so does one below this share of what each would have if all were even.
const fewest = { documents: 20, share: 0.1 };

/** Documents, and those by which is told what is usual among them: their pile's, or all where the pile is too small. */
export type Populations = readonly { readonly members: readonly number[]; readonly from: Int32Array }[];

/** The populations of N documents in k piles; what is usual is told by all of them, or by these. */
export function populationsOf(
  assignments: Int32Array,
  k: number,
  asked: Int32Array = assignments.map((_, d) => d),
): Populations {
  const all = Array.from(assignments.keys());
  return Array.from({ length: k }, (_, pile) => {
    const members = all.filter((d) => assignments[d] === pile);
    const own = asked.filter((d) => assignments[d] === pile);
    const enough = own.length >= fewest.documents && members.length >= (fewest.share * all.length) / k;
    return { members, from: enough ? own : asked };
  });
}

/** The median, and the median distance from it in units that are standard deviations where values are normal; at least `leastSpread`. */
export function center(
  values: Float64Array,
  leastSpread: number,
): { readonly middle: number; readonly spread: number } {
  const middle = median(values);
  return { middle, spread: Math.max(leastSpread, 1.4826 * median(values.map((value) => Math.abs(value - middle)))) };
}

/** Modified z-score of each value [N] in its population (Iglewicz and Hoaglin 1993). */
export function modifiedScores(values: Float64Array, populations: Populations, leastSpread: number): Float64Array {
  const result = new Float64Array(values.length);
  for (const { members, from } of populations) {
    const { middle, spread } = center(
      Float64Array.from(from, (d) => values[d]),
      leastSpread,
    );
    for (const d of members) result[d] = (values[d] - middle) / spread;
  }
  return result;
}

/** 0 of none. */
function median(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = values.slice().sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
