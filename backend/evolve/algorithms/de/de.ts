/** EvoPrompt's differential evolution (Guo et al. 2024, 2309.08532): a child replaces the candidate whose turn it was, where it is fitter. */
import { type Algorithm, changing } from '../../algorithm';
import type { Judged } from '../../candidate';
import { deData } from './settings';

export const de: Algorithm = {
  ...deData,
  propose: async ({ population, component }, { operators, random, subjectOf }) => {
    const [best] = population;
    const children = [];
    for (const base of population) {
      const [a, b] = random.shuffle(population.filter((other) => other !== base));
      const textOf = (candidate: Judged = base): string => candidate.components[component];
      const texts = { a: textOf(a), b: textOf(b), best: textOf(best), base: textOf(base) };
      const text = await operators.differ(texts, subjectOf(component));
      children.push(
        changing(
          base,
          component,
          text,
          'differ',
          [a, b, best].filter((one) => one !== undefined),
        ),
      );
    }
    return children;
  },
  survive: ({ population }, children) =>
    population.map((own) => {
      const child = children.find(({ parents: [from] }) => from === own.number);
      return child !== undefined && child.scores.fitness > own.scores.fitness ? child : own;
    }),
};
