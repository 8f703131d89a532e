/** A control: changes of the seeds, as many as evolution tries, with nothing chosen in between. */
import { type Algorithm, changing } from '../../algorithm';
import { randomData } from './settings';

export const random: Algorithm = {
  ...randomData,
  propose: async ({ seeds, component, size }, { operators, random: draw, subjectOf }) => {
    const children = [];
    for (let i = 0; i < size; i++) {
      const [a, b] = [seeds[draw.below(seeds.length)], seeds[draw.below(seeds.length)]];
      const text = await operators.cross(a.components[component], b.components[component], subjectOf(component));
      children.push(changing(a, component, text, 'cross', [b]));
    }
    return children;
  },
  survive: ({ population }) => population,
};
