import { expertsOf } from '../../base-column';
import { keptProbes, type Probe, probesSchema } from '../../probes/probe';
import { probePositions, trainProbes } from '../../probes/train';
import {
  fitSigns,
  probedSigns,
  signSchema,
  type SignSource,
  type SignWeights,
  weightingBySigns,
} from '../../signs/signs';
import type { FittedWeighting, Weighting } from '../../weighting';
import { combinedData, type combinedSettings } from './settings';

const schema = signSchema
  .extend({ probes: probesSchema })
  .refine(
    ({ scales, biases, probes, base }) =>
      scales.length === 3 && probes.length === expertsOf({ k: biases.length, ...(base && { base }) }),
  );

/** Probes that learned to tell the piles apart, and beside them how well each expert predicted the text so far, the recent part most. */
export const combined: Weighting<typeof combinedSettings> = {
  ...combinedData,
  positions: probePositions,
  fit: async (given, watch, values) => {
    const probes = await trainProbes(given, watch, values);
    const open = (weights: SignWeights): FittedWeighting => combinedWeights(weights, probes);
    const source = (k: number): SignSource => probedSigns(probes, k);
    return { weighting: await fitSigns(given, { source, open }, watch, values) };
  },
  open: openCombined,
};

/** Throws ZodError where the form on disk is none. */
export function openCombined(json: unknown): FittedWeighting {
  const { probes, ...weights } = schema.parse(json);
  return combinedWeights(weights, probes);
}

function combinedWeights(weights: SignWeights, probes: readonly Probe[]): FittedWeighting {
  return {
    ...weightingBySigns(probedSigns(probes, weights.biases.length), weights),
    toJson: () => ({ weighting: combined.name, ...weights, probes: keptProbes(probes) }),
  };
}
