/**
 * Genetic prompt search (GPS, Xu et al. 2022, 2210.17041): each generation is made of the best of the one before, by continuation,
 * other words and gaps that are filled in. Its rewording stands for back-translation, which few local models can do.
 */
import { type Algorithm, changing, type Tools } from '../../algorithm';
import { fittest } from '../../selection';
import { gpsData } from './settings';

const ways = ['continue', 'rephrase', 'refill'] as const;

/** Parents of a generation. */
const parentsOf = (size: number): number => Math.max(1, Math.ceil(size / 2));

export const gps: Algorithm = {
  ...gpsData,
  propose: async ({ population, component, size }, tools) => {
    const parents = population.slice(0, parentsOf(size));
    const children = [];
    for (let i = 0; i < size; i++) {
      const parent = parents[i % parents.length];
      const way = ways[Math.floor(i / parents.length + tools.random.below(ways.length)) % ways.length];
      const text = await reproduced(way, parent.components[component], i, component, tools);
      children.push(changing(parent, component, text, way));
    }
    return children;
  },
  // A generation in which nothing new came about leaves its parents to try again.
  survive: ({ population, size }, children) => fittest(children.length === 0 ? population : children, size),
};

function reproduced(
  way: (typeof ways)[number],
  text: string,
  variant: number,
  component: number,
  { operators, subjectOf }: Tools,
): Promise<string> {
  return operators[way](text, variant, subjectOf(component));
}
