import type { signSettings } from '../../signs/settings';
import { fitSigns, likelihoodSigns, signSchema, type SignWeights, weightingBySigns } from '../../signs/signs';
import type { FittedWeighting, Weighting } from '../../weighting';
import { recentData } from './settings';

const schema = signSchema.refine(({ scales }) => scales.length === 1);

/**
 * A posterior that forgets: how well each expert predicted the text counts the less the longer ago it was, so that a text may change its
 * subject. How fast it forgets, how far it believes, and what each expert has in its favour before any text are fitted.
 */
export const recent: Weighting<typeof signSettings> = {
  ...recentData,
  fit: async (given, watch, values) => ({
    weighting: await fitSigns(given, { source: likelihoodSigns, open: recentWeights }, watch, values),
  }),
  open: openRecent,
};

/** Throws ZodError where the form on disk is none. */
export function openRecent(json: unknown): FittedWeighting {
  return recentWeights(schema.parse(json));
}

function recentWeights(weights: SignWeights): FittedWeighting {
  return {
    ...weightingBySigns(likelihoodSigns(weights.biases.length), weights),
    toJson: () => ({ weighting: recent.name, ...weights }),
  };
}
