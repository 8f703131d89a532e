/**
 * The mixer: one linear probe per expert reads that expert's own last hidden state and says how confident it should be about
 * the next token. Trained to tell documents of the expert's pile from the others; the weights are a softmax over experts
 * of the probes' logits / T, with T fitted on the mixture's loss on held-out documents.
 */
import { z } from 'zod';
import type { Watch } from '../../../base/progress';
import { logSumExp } from '../../../model/decoding/sampling';
import { type Evidence, meanNll } from '../../evidence';
import { collectExamples } from '../../examples';
import { type Probe, probeLogit, trainProbe } from '../../linear-probe';
import { readHere } from '../../reading';
import type { Fit, FitEvidence, FittedWeighting, Smoothing, Weighting, WeightReader } from '../../weighting';
import { probeData } from './settings';

export const probeDefaults = {
  /** Token positions that the probes learn from. */
  positions: 9_600,
  epochs: 12,
  learningRate: 0.02,
  weightDecay: 1e-4,
};

export interface ProbeWeights {
  /** Probe of expert e: weights [D] and a bias, on hidden states as they are. */
  readonly probes: readonly Probe[];
  readonly temperature: number;
  /** The logit of the last token alone, or the mean over all tokens so far. */
  readonly smoothing: Smoothing;
}

/** Probes in their form on disk. */
export const probesSchema = z
  .array(z.object({ weights: z.array(z.number()).transform((list) => Float64Array.from(list)), bias: z.number() }))
  .min(1);

const schema = z.object({
  probes: probesSchema,
  temperature: z.number().positive(),
  smoothing: z.enum(['token', 'prefix']),
});

export const probe: Weighting = {
  ...probeData,
  positions: probeDefaults.positions,
  fit,
  open: (json) => probeWeighting(schema.parse(json)),
};

const smoothings = [
  ['probe of the last token', 'token'],
  ['probe, mean over the prefix', 'prefix'],
] as const;

/** A probe for each expert, which learns to tell documents of its pile from the others by the expert's own hidden states. */
export async function trainProbes(given: FitEvidence, watch: Watch): Promise<Probe[]> {
  const { hidden, piles, k, D } = await collectExamples(given, probeDefaults.positions, watch);
  return Array.from({ length: k }, (_, e) => {
    watch.signal.throwIfAborted();
    watch.report({ stage: 'Training the mixer', done: e + 1, total: k, unit: 'probes' });
    const rows = hidden.subarray(e * piles.length * D, (e + 1) * piles.length * D);
    const labels = piles.map((pile) => (pile === e ? 1 : 0));
    return trainProbe(rows, labels, { ...probeDefaults, seed: given.seed * 100 + e });
  });
}

/** Trains the probes on documents whose piles are known, then fits temperature and smoothing on other documents. */
async function fit(given: FitEvidence, watch: Watch): Promise<Fit> {
  const { model, stack, validation, reading = readHere(model, stack) } = given;
  const probes = await trainProbes(given, watch);
  const probing = probeWeighting({ probes, temperature: 1, smoothing: 'token' });
  const evidence = await reading.evidence(validation, probing, () => watch.signal.throwIfAborted());
  const fitted = smoothings.map(([name, smoothing]) => ({ name, ...fitTemperature(evidence, probes, smoothing) }));
  const best = fitted.reduce((least, other) => (other.nll < least.nll ? other : least));
  const { weighting, nll: validationNll } = best;
  return { weighting, validationNll, tried: new Map(fitted.map((one) => [one.name, one.weighting])) };
}

export function probeWeighting(weights: ProbeWeights): FittedWeighting {
  const { probes, temperature, smoothing } = weights;
  return {
    k: probes.length,
    needs: {
      hidden: {
        size: probes[0].weights.length,
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
    }),
  };
}

export const keptProbes = (probes: readonly Probe[]): unknown =>
  probes.map(({ weights, bias }) => ({ weights: [...weights], bias }));

function probeReader({ probes, temperature, smoothing }: ProbeWeights): WeightReader {
  const sums = new Float64Array(probes.length);
  let read = 0;
  return ({ opinions }) => {
    read++;
    const beliefs = opinions.map((logit, e) => {
      sums[e] += logit;
      return (smoothing === 'token' ? logit : sums[e] / read) / temperature;
    });
    const normaliser = logSumExp(beliefs);
    return beliefs.map((belief) => belief - normaliser);
  };
}

/** The temperature with the least mixture loss over the documents: golden-section search on its logarithm. */
function fitTemperature(
  evidence: readonly Evidence[],
  probes: readonly Probe[],
  smoothing: Smoothing,
): { readonly weighting: FittedWeighting; readonly nll: number } {
  const at = (logTemperature: number): FittedWeighting =>
    probeWeighting({ probes, temperature: Math.exp(logTemperature), smoothing });
  const lossAt = (logTemperature: number): number => meanNll(at(logTemperature), evidence);
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.02), Math.log(20)];
  for (let i = 0; i < 18; i++) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (lossAt(left) < lossAt(right)) high = right;
    else low = left;
  }
  const middle = (low + high) / 2;
  return { weighting: at(middle), nll: lossAt(middle) };
}
