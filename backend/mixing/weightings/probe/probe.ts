/**
 * The mixer: one linear probe per expert reads that expert's own last hidden state, or the base model's, and says how confident the expert
 * should be about the next token. Trained to tell documents of the expert's pile from the others; the weights are a softmax over experts
 * of the probes' logits / T, with T fitted on the mixture's loss on held-out documents.
 */
import { z } from 'zod';
import type { Watch } from '../../../base/progress';
import type { Wanted } from '../../../base/settings';
import { logSumExp } from '../../../model/decoding/sampling';
import { type Evidence, meanNll } from '../../evidence';
import { keptProbes, type Probe, probeLogit, probesSchema, sizeOf } from '../../probes/probe';
import { probePositions, trainProbes } from '../../probes/train';
import { readHere } from '../../reading';
import { bestTemperature } from '../../temperature';
import type { Fit, FitEvidence, FittedWeighting, Smoothing, Weighting, WeightReader } from '../../weighting';
import { probeData, type probeWeightingSettings } from './settings';

export interface ProbeWeights {
  /** Probe of expert e: weights [D] and a bias, on hidden states as they are. */
  readonly probes: readonly Probe[];
  readonly temperature: number;
  /** The logit of the last token alone, or the mean over all tokens so far. */
  readonly smoothing: Smoothing;
  /** Softmax of logits / T, or each expert's σ(logit / T) in parts of their sum: no expert's confidence then takes from another's. */
  readonly normalisation?: 'softmax' | 'sigmoid' | undefined;
  /** All probes read the base model's hidden state. */
  readonly on?: 'base' | undefined;
}

const schema = z.object({
  probes: probesSchema,
  temperature: z.number().positive(),
  smoothing: z.enum(['token', 'prefix']),
  normalisation: z.enum(['softmax', 'sigmoid']).optional(),
  on: z.literal('base').optional(),
});

export const probe: Weighting<typeof probeWeightingSettings> = {
  ...probeData,
  positions: probePositions,
  fit,
  open: (json) => probeWeighting(schema.parse(json)),
};

const smoothings = [
  ['probe of the last token', 'token'],
  ['probe, mean over the prefix', 'prefix'],
] as const;

/** Trains the probes on documents whose piles are known, then fits temperature and smoothing on other documents. */
async function fit(
  given: FitEvidence,
  watch: Watch,
  { normalisation, ...values }: Wanted<typeof probeWeightingSettings>,
): Promise<Fit> {
  const { model, stack, validation, reading = readHere(model, stack) } = given;
  const probes = await trainProbes(given, watch, values);
  const form = { probes, normalisation, on: values.probeOn === 'base' ? values.probeOn : undefined };
  const probing = probeWeighting({ ...form, temperature: 1, smoothing: 'token' });
  const evidence = await reading.evidence(validation, probing, () => watch.signal.throwIfAborted());
  const fitted = smoothings.map(([name, smoothing]) => ({
    name,
    ...fitTemperature(evidence, { ...form, smoothing }),
  }));
  const best = fitted.reduce((least, other) => (other.nll < least.nll ? other : least));
  const { weighting, nll: validationNll } = best;
  return { weighting, validationNll, tried: new Map(fitted.map((one) => [one.name, one.weighting])) };
}

export function probeWeighting(weights: ProbeWeights): FittedWeighting {
  const { probes, temperature, smoothing, normalisation, on } = weights;
  return {
    k: probes.length,
    ...(on && { base: 'probed' }),
    needs: {
      hidden: {
        size: sizeOf(probes[0]),
        opinion: (states, from, expert) => probeLogit(probes[expert], states, from),
      },
    },
    // The experts themselves see nothing of an earlier stretch.
    memory: 'stretch',
    figures: { temperature, smoothing },
    start: () => probeReader(weights),
    toJson: () => ({
      weighting: probe.name,
      probes: keptProbes(probes),
      temperature,
      smoothing,
      ...(normalisation && { normalisation }),
      ...(on && { on }),
    }),
  };
}

function probeReader({ probes, temperature, smoothing, normalisation }: ProbeWeights): WeightReader {
  const sums = new Float64Array(probes.length);
  let read = 0;
  return ({ opinions }) => {
    read++;
    const beliefs = opinions.map((logit, e) => {
      sums[e] += logit;
      const belief = (smoothing === 'token' ? logit : sums[e] / read) / temperature;
      return normalisation === 'sigmoid' ? logSigmoid(belief) : belief;
    });
    const normaliser = logSumExp(beliefs);
    return beliefs.map((belief) => belief - normaliser);
  };
}

/** log σ(x), without overflow. */
const logSigmoid = (x: number): number => Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x)));

/** The temperature with the least mixture loss over the documents. */
function fitTemperature(
  evidence: readonly Evidence[],
  form: Omit<ProbeWeights, 'temperature'>,
): { readonly weighting: FittedWeighting; readonly nll: number } {
  const at = (temperature: number): FittedWeighting => probeWeighting({ ...form, temperature });
  const { temperature, nll } = bestTemperature((one) => meanNll(at(one), evidence), { from: 0.02, to: 20 });
  return { weighting: at(temperature), nll };
}
