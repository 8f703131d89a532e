import { z } from 'zod';
import { logSumExp } from '../../../model/decoding/sampling';
import type { FittedWeighting, Weighting, WeightReader } from '../../weighting';
import { posteriorData } from './settings';

const schema = z.object({ shares: z.array(z.number()).min(1) });

/** P(e | the tokens before) ∝ share of e · p_e(the tokens before): DEMix (Gururangan et al. 2022). */
export const posterior: Weighting = {
  ...posteriorData,
  fit: ({ shares }) => Promise.resolve({ weighting: posteriorWeights(shares) }),
  open: (json) => posteriorWeights(schema.parse(json).shares),
};

/** `shares` [k]: the prior, the share of each pile. */
export function posteriorWeights(shares: readonly number[]): FittedWeighting {
  return {
    k: shares.length,
    needs: { losses: true },
    memory: 'text',
    figures: {},
    start: () => prefixPosterior(shares),
    toJson: () => ({ weighting: posterior.name, shares }),
  };
}

// Experts of an empty pile can be heard all the same.
const leastShare = 1e-6;

export function prefixPosterior(shares: readonly number[]): WeightReader {
  const totals = new Float64Array(shares.length);
  const logPrior = shares.map((share) => Math.log(Math.max(leastShare, share)));
  return ({ losses }) => {
    losses.forEach((nats, e) => (totals[e] += nats));
    const beliefs = logPrior.map((log, e) => log - totals[e]);
    const normaliser = logSumExp(beliefs);
    return Float64Array.from(beliefs, (belief) => belief - normaliser);
  };
}
