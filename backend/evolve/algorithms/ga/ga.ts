/** EvoPrompt's genetic algorithm (Guo et al. 2024, 2309.08532): children of two parents join the population, and the fittest stay. */
import { type Algorithm, changing } from '../../algorithm';
import { fittest } from '../../selection';
import { gaData } from './settings';

export const ga: Algorithm = {
  ...gaData,
  propose: async ({ population, component, size }, { select, operators, random, subjectOf }) => {
    const children = [];
    for (let i = 0; i < size; i++) {
      const [a, b] = [select(population, random), select(population, random)];
      const text = await operators.cross(a.components[component], b.components[component], subjectOf(component));
      children.push(changing(a, component, text, 'cross', [b]));
    }
    return children;
  },
  survive: ({ population, size }, children) => fittest([...population, ...children], size),
};
