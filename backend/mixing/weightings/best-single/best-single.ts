import { z } from 'zod';
import type { FittedWeighting, Weighting } from '../../weighting';
import { prefixPosterior } from '../posterior/posterior';
import { bestSingleData } from './settings';

const schema = z.object({ shares: z.array(z.number()).min(1) });

/** One expert speaks at a time: the one most probable given the tokens before. */
export const bestSingle: Weighting = {
  ...bestSingleData,
  fit: ({ shares }) => Promise.resolve({ weighting: bestSingleWeights(shares) }),
  open: (json) => bestSingleWeights(schema.parse(json).shares),
};

/** `shares` [k]: the prior, the share of each pile. */
export function bestSingleWeights(shares: readonly number[]): FittedWeighting {
  return {
    k: shares.length,
    needs: { losses: true },
    memory: 'text',
    figures: {},
    start: () => {
      const read = prefixPosterior(shares);
      return (token) => {
        const beliefs = read(token);
        const best = beliefs.indexOf(Math.max(...beliefs));
        return beliefs.map((_, e) => (e === best ? 0 : -Infinity));
      };
    },
    toJson: () => ({ weighting: bestSingle.name, shares }),
  };
}
