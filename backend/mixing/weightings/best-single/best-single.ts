import type { priorSettings } from '../posterior/settings';
import type { FittedWeighting, Weighting } from '../../weighting';
import { onlyTop } from '../../top';
import { fitPrior, posteriorWeights, type Prior, priorSchema } from '../posterior/posterior';
import { bestSingleData } from './settings';

/** One expert speaks at a time: the one most probable given the tokens before. */
export const bestSingle: Weighting<typeof priorSettings> = {
  ...bestSingleData,
  fit: async (given, watch, values) => ({ weighting: bestSingleWeights(await fitPrior(given, watch, values)) }),
  open: (json) => bestSingleWeights(priorSchema.parse(json)),
};

export function bestSingleWeights(prior: Prior): FittedWeighting {
  return { ...onlyTop(posteriorWeights(prior), 1), toJson: () => ({ weighting: bestSingle.name, ...prior }) };
}
