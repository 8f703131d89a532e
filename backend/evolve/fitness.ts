/** From what a council made of questions to one number, and its parts. */
import type { Mark, Scores } from './candidate';

/** How much each part counts beside accuracy, which counts 1. */
export interface FitnessWeights {
  readonly likelihood: number;
  readonly information: number;
  /** At most 1: agreement decides between candidates of the same accuracy and never against a question more. */
  readonly agreement: number;
  /** What is taken off for texts twice as long as those at the beginning (CAPO, Zehle et al. 2025, 2504.16005). */
  readonly length: number;
}

/** The scores of a candidate of so many words, where those at the beginning had `firstWords`. Throws RangeError without a mark. */
export function scoresOf(marks: readonly Mark[], words: number, firstWords: number, weights: FitnessWeights): Scores {
  if (marks.length === 0) throw new RangeError('no question was asked');
  const accuracy = meanOf(marks, ({ right }) => Number(right));
  const likelihood = Math.exp(meanOf(marks, logShare));
  const [information, agreement] = [informationOf(marks), fleissKappa(marks)];
  const fitness =
    accuracy +
    weights.likelihood * likelihood +
    weights.information * information +
    (weights.agreement * (agreement + 1)) / 2 / (marks.length + 1) -
    weights.length * Math.max(0, words / Math.max(1, firstWords) - 1);
  return { fitness, accuracy, likelihood, information, agreement, words };
}

/** A share of zero would outweigh all other questions. */
const leastShare = 1e-12;

/** Log of the share that the right choice has. */
export const logShare = ({ shares, correct }: Pick<Mark, 'shares' | 'correct'>): number =>
  Math.log(Math.max(shares[correct], leastShare));

/**
 * How much the question tells of the answer: entropy of the mean shares minus mean entropy, divided by its largest value. Questions
 * with differently many choices are looked at apart.
 */
function informationOf(marks: readonly Mark[]): number {
  let sum = 0;
  for (const choices of new Set(marks.map(({ shares }) => shares.length))) {
    if (choices < 2) continue;
    const group = marks.filter(({ shares }) => shares.length === choices);
    const mean = Array.from({ length: choices }, (_, c) => meanOf(group, ({ shares }) => shares[c]));
    sum += (group.length * (entropy(mean) - meanOf(group, ({ shares }) => entropy(shares)))) / Math.log(choices);
  }
  return sum / marks.length;
}

const entropy = (shares: readonly number[]): number =>
  shares.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);

/**
 * Agreement of raters beyond chance (Fleiss 1971): here members over the positions of choices. 1 where there is one member, or where
 * all choose the same position everywhere, which leaves nothing to chance. Of a question that some gave no choice the others count, two
 * at least (Gwet 2014).
 */
export function fleissKappa(marks: readonly Pick<Mark, 'favourites'>[]): number {
  const rated = marks.filter(({ favourites }) => favourites.length > 1);
  if (rated.length === 0) return 1;
  const totals = new Map<number, number>();
  let observed = 0;
  let all = 0;
  for (const { favourites } of rated) {
    const { length: raters } = favourites;
    const counts = new Map<number, number>();
    for (const choice of favourites) counts.set(choice, (counts.get(choice) ?? 0) + 1);
    for (const [choice, n] of counts) {
      observed += (n * (n - 1)) / (raters * (raters - 1)) / rated.length;
      totals.set(choice, (totals.get(choice) ?? 0) + n);
    }
    all += raters;
  }
  const expected = [...totals.values()].reduce((sum, n) => sum + (n / all) ** 2, 0);
  return expected >= 1 ? 1 : (observed - expected) / (1 - expected);
}

const meanOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0) / items.length;
