import type { Watch } from '../../base/progress';
import type { Wanted } from '../../base/settings';
import type { StatesOf } from '../reading';
import type { FitEvidence } from '../weighting';
import { collectExamples, type Examples } from './examples';
import { hiddenLayer } from './hidden-layer';
import { linear } from './linear';
import type { Probe } from './probe';
import type { LabelledStates, Learner } from './learning';
import { ridge } from './ridge';
import type { probeSettings } from './settings';

/** Token positions that probes learn from. */
export const probePositions = 9_600;

const descent = { epochs: 12, learningRate: 0.02, weightDecay: 1e-4 };

export type ProbeValues = Wanted<typeof probeSettings> & { readonly probeOn?: StatesOf | undefined };

const learners: Readonly<Record<NonNullable<ProbeValues['probe']>, Learner>> = {
  linear,
  'hidden-layer': hiddenLayer,
  ridge,
};

/** A probe for each expert, which learns to tell documents of its pile from the others by the expert's own hidden states or the base model's. */
export async function trainProbes(given: FitEvidence, watch: Watch, values: ProbeValues): Promise<Probe[]> {
  const wanted = { positions: probePositions, whose: values.probeOn ?? 'experts' };
  const examples = await collectExamples(given, wanted, watch);
  const learn = learners[values.probe ?? 'linear'];
  const { k } = examples;
  const asked = Array.from({ length: values.sharedProbe === true ? 1 : k }, (_, e) =>
    values.sharedProbe === true ? Array.from({ length: k }, (_, all) => all) : [e],
  );
  const probes = asked.map((experts, i) => {
    watch.signal.throwIfAborted();
    watch.report({ stage: 'Training the mixer', done: i + 1, total: asked.length, unit: 'probes' });
    return learn(statesOf(examples, experts, values), { ...descent, seed: given.seed * 100 + i });
  });
  return Array.from({ length: k }, (_, e) => probes[e % probes.length]);
}

/** What these experts, or for each of them the base model, make of the examples, with whether each is of the expert's own pile. */
function statesOf(
  { hidden, whose, piles, ages, D }: Examples,
  experts: readonly number[],
  values: ProbeValues,
): LabelledStates {
  const n = piles.length;
  const [first] = experts;
  const rows = whose === 'base' ? hidden : hidden.subarray(first * n * D, (first + experts.length) * n * D);
  const labels = Int32Array.from(experts.flatMap((e) => Array.from(piles, (pile) => (pile === e ? 1 : 0))));
  const early = values.earlyTokens ?? 0;
  const counts = Float64Array.from(labels, (_, i) => (ages[i % n] + 1) / (ages[i % n] + 1 + early));
  const sums = [0, 0];
  labels.forEach((label, i) => (sums[label] += counts[i]));
  const scales =
    values.classWeights === 'none'
      ? sums.map(() => labels.length / (sums[0] + sums[1]))
      : sums.map((sum) => labels.length / (2 * Math.max(1e-9, sum)));
  return { rows, labels, weights: counts.map((count, i) => count * scales[labels[i]]) };
}
