import { keptProbes, type Probe, probesSchema } from '../../probes/probe';
import type { probeSettings } from '../../probes/settings';
import { probePositions, trainProbes } from '../../probes/train';
import { fitSigns, probedSigns, signSchema, type SignWeights, weightingBySigns } from '../../signs';
import type { FittedWeighting, Weighting } from '../../weighting';
import { combinedData } from './settings';

const schema = signSchema
  .extend({ probes: probesSchema })
  .refine(({ scales, biases, probes }) => scales.length === 3 && biases.length === probes.length);

/** Probes that learned to tell the piles apart, and beside them how well each expert predicted the text so far, the recent part most. */
export const combined: Weighting<typeof probeSettings> = {
  ...combinedData,
  positions: probePositions,
  fit: async (given, watch, values) => {
    const probes = await trainProbes(given, watch, values);
    const open = (weights: SignWeights): FittedWeighting => combinedWeights(weights, probes);
    return { weighting: await fitSigns(given, probedSigns(probes), open, watch) };
  },
  open: (json) => {
    const { probes, ...weights } = schema.parse(json);
    return combinedWeights(weights, probes);
  },
};

function combinedWeights(weights: SignWeights, probes: readonly Probe[]): FittedWeighting {
  return {
    ...weightingBySigns(probedSigns(probes), weights),
    toJson: () => ({ weighting: combined.name, ...weights, probes: keptProbes(probes) }),
  };
}
