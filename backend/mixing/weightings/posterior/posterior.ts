import { z } from 'zod';
import type { Watch } from '../../../base/progress';
import type { Wanted } from '../../../base/settings';
import { logSumExp } from '../../../model/decoding/sampling';
import { logWeights } from '../../evidence';
import { readHere } from '../../reading';
import type { FitEvidence, FittedWeighting, Weighting, WeightReader } from '../../weighting';
import { posteriorData, type priorSettings } from './settings';

/** What is believed of the experts before any text was read. */
export interface Prior {
  /** [k] */
  readonly shares: readonly number[];
  /** It follows what is read. */
  readonly moving?: true | undefined;
}

export const priorSchema: z.ZodType<Prior> = z.object({
  shares: z.array(z.number()).min(1),
  moving: z.literal(true).optional(),
});

/** P(e | the tokens before) ∝ prior of e · p_e(the tokens before): DEMix (Gururangan et al. 2022). */
export const posterior: Weighting<typeof priorSettings> = {
  ...posteriorData,
  fit: async (given, watch, values) => ({ weighting: posteriorWeights(await fitPrior(given, watch, values)) }),
  open: (json) => posteriorWeights(priorSchema.parse(json)),
};

export function posteriorWeights(prior: Prior): FittedWeighting {
  return {
    k: prior.shares.length,
    needs: { losses: true },
    memory: 'text',
    figures: {},
    start: () => prefixPosterior(prior),
    toJson: () => ({ weighting: posterior.name, ...prior }),
  };
}

/** The prior that is asked for. */
export async function fitPrior(
  { model, stack, shares, validation, reading = readHere(model, stack) }: FitEvidence,
  { signal }: Watch,
  { prior = 'piles' }: Wanted<typeof priorSettings>,
): Promise<Prior> {
  const even = shares.map(() => 1 / shares.length);
  switch (prior) {
    case 'piles':
      return { shares: [...shares] };
    case 'even':
      return { shares: even };
    case 'moving':
      return { shares: even, moving: true };
    case 'validation': {
      const weighting = posteriorWeights({ shares: even });
      const texts = await reading.evidence(validation, weighting, () => signal.throwIfAborted());
      const last = texts.map((text) => {
        const weights = logWeights(weighting, [text])[0];
        return even.map((_, e) => Math.exp(weights[e * text.n + text.n - 1]));
      });
      return { shares: even.map((_, e) => last.reduce((sum, one) => sum + one[e] / last.length, 0)) };
    }
  }
}

// Experts of an empty pile can be heard all the same.
const leastShare = 1e-6;

/** After so many tokens a moving prior takes in what they say, for this part. */
const [stretch, follows] = [64, 0.3];

export function prefixPosterior({ shares, moving }: Prior): WeightReader {
  const logOf = (share: number): number => Math.log(Math.max(leastShare, share));
  const totals = new Float64Array(shares.length);
  let prior = shares;
  let read = 0;
  return ({ losses }) => {
    losses.forEach((nats, e) => (totals[e] += nats));
    const beliefs = prior.map((share, e) => logOf(share) - totals[e]);
    const normaliser = logSumExp(beliefs);
    const posterior = Float64Array.from(beliefs, (belief) => belief - normaliser);
    if (moving === true && ++read % stretch === 0) {
      prior = prior.map((share, e) => (1 - follows) * share + follows * Math.exp(posterior[e]));
      totals.fill(0);
    }
    return posterior;
  };
}
