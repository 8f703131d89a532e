import { z } from 'zod';
import type { FittedWeighting, Weighting } from '../../backend/mixing/weighting';

/** Nobody but the expert that a vowel points to has more than a tenth of the say. */
export const byVowel: Weighting = {
  name: 'by-vowel',
  label: 'vowels',
  detail: 'whether the last piece of text begins with a vowel',
  fit: ({ stack }) => Promise.resolve({ weighting: vowelWeights(stack.count) }),
  open: (json) => vowelWeights(z.object({ k: z.int() }).parse(json).k),
};

function vowelWeights(k: number): FittedWeighting {
  const weigh = (lead: number): Float64Array =>
    Float64Array.from({ length: k }, (_, e) => Math.log(e === lead ? 0.9 : 0.1 / (k - 1)));
  return {
    k,
    needs: { text: true },
    memory: 'text',
    figures: {},
    start: () => (token) => weigh(/^\s*[aeiou]/i.test(token.text) ? 1 : 0),
    toJson: () => ({ weighting: byVowel.name, k }),
  };
}
