/** How parents are chosen from a population. */
import type { Random } from '../base/random';
import type { Judged } from './candidate';
import type { SelectionName } from './settings';

export type Select = (population: readonly Judged[], random: Random) => Judged;

/** Chance in proportion to fitness (EvoPrompt's `wheel`, Guo et al. 2024, 2309.08532). */
const roulette: Select = (population, random) =>
  drawn(
    population,
    population.map(({ scores }) => Math.max(0, scores.fitness)),
    random,
  );

/** The fitter one of two that are drawn. */
const tournament: Select = (population, random) => {
  const [a, b] = [uniform(population, random), uniform(population, random)];
  return b.scores.fitness > a.scores.fitness ? b : a;
};

const uniform: Select = (population, random) => population[random.below(population.length)];

/**
 * Chance in proportion to the questions at which nobody gives the right choice a larger share: those who are good at something that
 * others are not stay parents (GEPA's frontier, Agrawal et al. 2025, 2507.19457).
 */
const pareto: Select = (population, random) => {
  const wins = population.map(() => 0);
  const questions = new Set(population.flatMap(({ marks }) => [...marks.keys()]));
  for (const question of questions) {
    const shares = population.map(({ marks }) => {
      const mark = marks.get(question);
      return mark === undefined ? -1 : mark.shares[mark.correct];
    });
    const best = Math.max(...shares);
    shares.forEach((share, i) => (wins[i] += Number(share === best)));
  }
  return drawn(population, wins, random);
};

export const selections = { roulette, tournament, random: uniform, pareto } as const satisfies Record<
  SelectionName,
  Select
>;

/** One of them, with chances in proportion to the weights; evenly where all are 0. */
function drawn<T>(items: readonly T[], weights: readonly number[], random: Random): T {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) return items[random.below(items.length)];
  let at = random.uniform() * total;
  for (const [i, weight] of weights.entries()) {
    at -= weight;
    if (at < 0) return items[i];
  }
  return items[items.length - 1];
}

/** The fittest, the earlier one where two are as fit. */
export const fittest = (candidates: readonly Judged[], count: number): Judged[] =>
  [...candidates].sort((a, b) => b.scores.fitness - a.scores.fitness || a.number - b.number).slice(0, count);
