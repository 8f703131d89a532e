import { z } from 'zod';
import type { FittedWeighting, Weighting } from '../../weighting';
import { uniformData } from './settings';

const schema = z.object({ k: z.int().positive() });

/** Every expert has the same say. */
export const uniform: Weighting = {
  ...uniformData,
  fit: ({ stack }) => Promise.resolve({ weighting: equalWeights(stack.count) }),
  open: (json) => equalWeights(schema.parse(json).k),
};

export function equalWeights(k: number): FittedWeighting {
  const weights = new Float64Array(k).fill(-Math.log(k));
  return {
    k,
    needs: {},
    memory: 'text',
    figures: {},
    start: () => () => weights,
    toJson: () => ({ weighting: uniform.name, k }),
  };
}
