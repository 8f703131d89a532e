/** A control: paraphrases of the best seed alone (the resampling of APE, Zhou et al. 2023, 2211.01910). */
import { type Algorithm, changing } from '../../algorithm';
import { fittest } from '../../selection';
import { paraphraseData } from './settings';

export const paraphrase: Algorithm = {
  ...paraphraseData,
  propose: async ({ seeds, component, size }, { operators, subjectOf }) => {
    const [best] = fittest(seeds, 1);
    const children = [];
    for (let i = 0; i < size; i++) {
      const text = await operators.rephrase(best.components[component], i, subjectOf(component));
      children.push(changing(best, component, text, 'rephrase'));
    }
    return children;
  },
  survive: ({ population }) => population,
};
