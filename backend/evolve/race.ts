/**
 * A race (CAPO, Zehle et al. 2025, 2504.16005, after F-race): candidates are asked block by block, and who is significantly worse on
 * the same questions than as many others as there are places is asked no more.
 */
import type { Random } from '../base/random';
import type { Mark } from './candidate';
import { logShare } from './fitness';

export interface Runner {
  readonly marks: Map<number, Mark>;
}

/**
 * The questions in blocks of `size`: half of each are such that the best candidate answered wrong, while there are any, so that
 * a race is decided where there is something to win.
 */
export function blocksOf(
  count: number,
  size: number,
  best: ReadonlyMap<number, Mark> | undefined,
  random: Random,
): number[][] {
  const all = random.shuffle(Array.from({ length: count }, (_, question) => question));
  const failed = all.filter((question) => best?.get(question)?.right === false);
  const rest = all.filter((question) => !failed.includes(question));
  const blocks: number[][] = [];
  while (failed.length + rest.length > 0) {
    const hard = failed.splice(0, rest.length > 0 ? Math.ceil(size / 2) : size);
    blocks.push([...hard, ...rest.splice(0, size - hard.length)]);
  }
  return blocks;
}

/** Whether at least `places` of the others are significantly better than a runner. */
export function hasLost(runner: Runner, others: readonly Runner[], places: number): boolean {
  return others.filter((other) => other !== runner && isBetter(other, runner)).length >= places;
}

/** One-sided 95 % of Student's t for many pairs; fewer than `fewestPairs` decide nothing. */
const [critical, fewestPairs] = [1.645, 8];

/** A paired t-test over the questions that both were asked, of the log share of the right choice. */
function isBetter(a: Runner, b: Runner): boolean {
  const differences: number[] = [];
  for (const [question, mark] of b.marks) {
    const other = a.marks.get(question);
    if (other !== undefined) differences.push(logShare(other) - logShare(mark));
  }
  const n = differences.length;
  if (n < fewestPairs) return false;
  const mean = differences.reduce((sum, d) => sum + d, 0) / n;
  const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (n - 1);
  return mean > 0 && (variance === 0 || mean / Math.sqrt(variance / n) > critical);
}
