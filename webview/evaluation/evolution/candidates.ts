/** What is known of the candidates of an evolution: what the charts of the page are made of. */
import { formatCount, formatFixed } from '../../../backend/base/format';
import type { EvolutionTable } from '../../../backend/protocol/exam';

export type Candidate = EvolutionTable['candidates'][number];

/** What candidates are judged by. */
export const measures = {
  fitness: { label: 'Fitness', better: 'higher', of: ({ scores }: Candidate) => scores.fitness },
  accuracy: { label: 'Right answers', better: 'higher', of: ({ scores }: Candidate) => scores.accuracy },
  likelihood: {
    label: 'Share of the right choice',
    better: 'higher',
    of: ({ scores }: Candidate) => scores.likelihood,
  },
  agreement: { label: 'Agreement', better: 'higher', of: ({ scores }: Candidate) => scores.agreement },
  information: { label: 'Information', better: 'higher', of: ({ scores }: Candidate) => scores.information },
  words: { label: 'Words', better: 'lower', of: ({ scores }: Candidate) => scores.words },
} as const;
export type Measure = keyof typeof measures;
export const measureNames = Object.keys(measures) as Measure[];

export const formatMeasure = (measure: Measure, value: number): string =>
  measure === 'words' ? formatCount(value) : formatFixed(value);

/** "Candidate 7, generation 2, crossover of 1 and 3, fitness 0.712". */
export function toldOf({ number, generation, operator, parents, dropped, scores }: Candidate): string {
  const made = parents.length === 0 ? operator : `${operator} of ${parents.join(' and ')}`;
  const end = dropped ? ', dropped before all questions' : '';
  return `Candidate ${number}, generation ${generation}, ${made}, fitness ${formatFixed(scores.fitness)}${end}`;
}

export interface Tried {
  readonly candidate: Candidate;
  /** Calls that were spent when its scores were known. */
  readonly calls: number;
  /** The best fitness by then of those that were asked everything; undefined before there is one. */
  readonly best: number | undefined;
}

/** Candidates in their order. Records keep the calls of all together: they are spread by the questions that each was asked. */
export function bestSoFar({ candidates, calls: { spent } }: Pick<EvolutionTable, 'candidates' | 'calls'>): Tried[] {
  const all = candidates.reduce((sum, { questions }) => sum + questions, 0);
  let asked = 0;
  let best: number | undefined;
  return candidates.map((candidate) => {
    asked += candidate.questions;
    if (!candidate.dropped) best = Math.max(best ?? -Infinity, candidate.scores.fitness);
    return { candidate, calls: all === 0 ? 0 : (spent * asked) / all, best };
  });
}

/** Those that no other one beats or equals in both, with one better: in the order of x. Dropped ones are no rivals. */
export function paretoFront(candidates: readonly Candidate[], x: Measure, y: Measure): Candidate[] {
  const good = (measure: Measure, one: Candidate): number =>
    (measures[measure].better === 'lower' ? -1 : 1) * measures[measure].of(one);
  const beats = (one: Candidate, other: Candidate): boolean => {
    const [dx, dy] = [good(x, one) - good(x, other), good(y, one) - good(y, other)];
    return dx >= 0 && dy >= 0 && dx + dy > 0;
  };
  const whole = candidates.filter(({ dropped }) => !dropped);
  return whole
    .filter((one) => !whole.some((other) => beats(other, one)))
    .sort((a, b) => measures[x].of(a) - measures[x].of(b) || measures[y].of(a) - measures[y].of(b));
}
