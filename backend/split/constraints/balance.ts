import type { Group } from './constraints';
import { placeGroups } from './place-groups';

/**
 * Assigns documents to piles with room for `ceil(capacity · N / k)` documents each: documents in the order of their best
 * score, best first, each to its best pile that has room (SMALLTALK: Filippova et al. 2024, section 2.2). Within ties the
 * earlier document and the lower pile come first. `groups` choose before all others; what people said goes before the room of a
 * pile, so only documents in groups may fill one beyond it.
 *
 * `scores`: `[N, k]`, higher is better, comparable between documents (log-likelihood of prefixes of equal length, or per
 * token). Returns the pile of each document, `[N]`. For training only: new texts are scored without capacity.
 * Throws RangeError for a capacity below 1 or a score that is not a number, UserError where the groups cannot be kept apart.
 */
export function assignBalanced(
  scores: Float32Array | Float64Array,
  k: number,
  capacity = 1,
  groups: readonly Group[] = [],
): Int32Array {
  if (!(capacity >= 1))
    throw new RangeError(`Capacity ${capacity} leaves documents without a pile: it must be at least 1.`);
  const n = scores.length / k;
  const confidence = new Float64Array(n).fill(-Infinity);
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) throw new RangeError(`The score of document ${Math.floor(i / k)} is not a number.`);
    confidence[Math.floor(i / k)] = Math.max(confidence[Math.floor(i / k)], scores[i]);
  }
  const order = Uint32Array.from(confidence.keys()).sort((a, b) => confidence[b] - confidence[a] || a - b);

  const room = new Int32Array(k).fill(Math.ceil((capacity * n) / k));
  const assignments = new Int32Array(n).fill(-1);
  placeGroups(groups, scores, k, room, assignments);
  for (const document of order) {
    if (assignments[document] >= 0) continue;
    let best = -1;
    for (let pile = 0; pile < k; pile++) {
      const isBetter = best < 0 || scores[document * k + pile] > scores[document * k + best];
      if (room[pile] > 0 && isBetter) best = pile;
    }
    assignments[document] = best;
    room[best]--;
  }
  return assignments;
}

/**
 * Log posteriors [N, k] reweighed by pile until each pile is as probable as another over all documents: Sinkhorn's iteration on rows
 * and columns (Cuturi 2013). Rows still sum to one.
 */
export function sinkhorn(logs: Float64Array, k: number, iterations = 50): Float64Array {
  const n = logs.length / k;
  const result = logs.slice();
  for (let i = 0; i < iterations; i++) {
    for (let pile = 0; pile < k; pile++) {
      let most = -Infinity;
      for (let d = 0; d < n; d++) most = Math.max(most, result[d * k + pile]);
      let total = 0;
      for (let d = 0; d < n; d++) total += Math.exp(result[d * k + pile] - most);
      const excess = most + Math.log((total * k) / n);
      for (let d = 0; d < n; d++) result[d * k + pile] -= excess;
    }
    for (let d = 0; d < n; d++) {
      const row = result.subarray(d * k, (d + 1) * k);
      const most = Math.max(...row);
      const total = most + Math.log(row.reduce((sum, log) => sum + Math.exp(log - most), 0));
      for (let pile = 0; pile < k; pile++) row[pile] -= total;
    }
  }
  return result;
}

/** The piles with as few documents elsewhere as what people said allows; −1 is a document that fits any pile as well. */
export function keepingTo(groups: readonly Group[], assignments: Int32Array, k: number): Int32Array {
  if (groups.length === 0) return assignments;
  const scores = new Float64Array(assignments.length * k);
  assignments.forEach((pile, row) => pile >= 0 && (scores[row * k + pile] = 1));
  return assignBalanced(scores, k, k, groups);
}
