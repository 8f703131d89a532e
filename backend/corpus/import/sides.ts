import { UserError } from '../../base/errors';
import { createRandom } from '../../base/random';

/**
 * Draws held-out sides at random, the same for the same seed, and whole groups only: `first[i]` is the first of item i's group.
 * Returns for each item 0 (what is left: the training side) or 1 + the place of its fraction. A side with a fraction above 0 gets
 * at least one item; where there are fewer groups than sides to fill, one is left for training and the last sides stay empty.
 */
export function drawSides(first: Int32Array, fractions: readonly number[], seed: readonly number[]): Uint8Array {
  const total = first.length;
  const side = new Uint8Array(total);
  const sizes = new Int32Array(total);
  for (const group of first) sizes[group]++;
  const groups: number[] = [];
  for (let i = 0; i < total; i++) if (sizes[i] > 0) groups.push(i);
  const order = Int32Array.from(createRandom(...seed).shuffle(groups));

  /** [N], by the first of a group: its side. */
  const taken = new Uint8Array(total);
  let open = order.length;
  let spare = Math.min(fractions.filter((fraction) => fraction > 0).length, order.length - 1);
  fractions.forEach((fraction, i) => {
    if (fraction === 0 || spare <= 0) return;
    // A group of many copies would swamp a small side, so it stays; every later side keeps one group to take.
    let room = Math.max(1, Math.round(fraction * total));
    const before = open;
    const take = (group: number): void => {
      taken[group] = i + 1;
      room -= sizes[group];
      open--;
    };
    for (const group of order) if (taken[group] === 0 && sizes[group] <= room && open > spare) take(group);
    if (open === before) {
      const left = order.filter((group) => taken[group] === 0);
      take(left.reduce((least, group) => (sizes[group] < sizes[least] ? group : least)));
    }
    spare--;
  });
  for (let i = 0; i < total; i++) side[i] = taken[first[i]];
  return side;
}

/** Throws UserError for fractions that leave nothing to train on. */
export function requireFractions(...fractions: readonly number[]): void {
  const sum = fractions.reduce((total, fraction) => total + fraction, 0);
  if (sum < 1) return;
  throw new UserError(
    `Held-out shares of ${fractions.join(' and ')} leave no documents to train on.`,
    'Choose smaller ones.',
  );
}

/** Groups with items on several sides. */
export function countLeaks(first: Int32Array, side: Uint8Array): number {
  /** By the first of a group: a bit for each side that it was seen on. */
  const seen = new Uint8Array(first.length);
  for (let i = 0; i < first.length; i++) seen[first[i]] |= 1 << side[i];
  return seen.reduce((count, bits) => count + ((bits & (bits - 1)) === 0 ? 0 : 1), 0);
}
