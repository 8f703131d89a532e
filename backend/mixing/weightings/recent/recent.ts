import { fitSigns, likelihoodSigns, signSchema, type SignWeights, weightingBySigns } from '../../signs';
import type { FittedWeighting, Weighting } from '../../weighting';
import { recentData } from './settings';

const schema = signSchema.refine(({ scales }) => scales.length === 1);

/**
 * A posterior that forgets: how well each expert predicted the text counts the less the longer ago it was, so that a text may change its
 * subject. How fast it forgets, how far it believes, and what each expert has in its favour before any text are fitted.
 */
export const recent: Weighting = {
  ...recentData,
  fit: async (given, watch) => ({
    weighting: await fitSigns(given, likelihoodSigns(given.stack.count), recentWeights, watch),
  }),
  open: (json) => recentWeights(schema.parse(json)),
};

function recentWeights(weights: SignWeights): FittedWeighting {
  return {
    ...weightingBySigns(likelihoodSigns(weights.biases.length), weights),
    toJson: () => ({ weighting: recent.name, ...weights }),
  };
}
