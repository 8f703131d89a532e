import type { Raw } from '../../base/settings';
import { mixerContext } from '../../evaluate/systems';
import { positionsPerDocument } from '../../mixing/probes/examples';
import type { StatesOf } from '../../mixing/reading';
import { weightingNamed, weightings } from '../../mixing/weightings';
import type { Weighting } from '../../mixing/weighting';
import type { DatasetRecord } from '../../protocol/records';
import type { Estimated, KindEstimate } from '../work-entry';
import { type EstimatedWork, settingsOfExperts } from '../shared/estimate';
import type { StepShape } from '../shared/speed-probe';
import type { MixInputs } from './inputs';
import type { MixSpec } from './spec';

/** By one of these weightings. */
export const mixEstimateOf = (entries: typeof weightings): KindEstimate<MixSpec & Raw, MixInputs> => ({
  byTasks: true,
  baseModel: (_, { experts }) => experts.model,
  add: async (work, { spec, inputs, lengths, config }) => {
    const { train } = inputs.dataset.documents;
    const validation = Math.min(spec.validationDocuments, inputs.dataset.documents.validation);
    const shape = { k: inputs.experts.experts.length, expert: settingsOfExperts(inputs.experts) };
    await addMixer(work, spec, { documents: { train, validation }, shape, lengths, config }, entries);
    return train + validation;
  },
});

export const mixEstimate = mixEstimateOf(weightings);

/** Adds what a mixer of experts of this shape takes. */
export function addMixer(
  work: EstimatedWork,
  spec: MixSpec & Raw,
  fitted: Omit<Fitted, 'whose'>,
  entries = weightings,
): Promise<void> {
  const whose = spec.probeOn === 'base' ? 'base' : 'experts';
  return addFitting(work, [weightingNamed(spec.weighting, entries)], { ...fitted, whose });
}

interface Fitted extends Pick<Estimated<unknown, unknown>, 'lengths' | 'config'> {
  readonly documents: Pick<DatasetRecord['documents'], 'train' | 'validation'>;
  readonly shape: Pick<StepShape, 'k' | 'expert'>;
  /** States that probes read. */
  readonly whose?: StatesOf;
}

/** Adds what k experts read while weightings are fitted to them, and their hidden states, as they come from the worker and side by side. */
export async function addFitting(
  work: EstimatedWork,
  entries: readonly Weighting[],
  { documents: { train, validation }, shape: { k, expert }, lengths, config, whose = 'experts' }: Fitted,
): Promise<void> {
  const [readers, columns] = whose === 'base' ? [1, k + 1] : [k, k];
  for (const { positions = 0 } of entries.filter((entry) => entry.positions !== undefined)) {
    await work.read(Math.min(train, positions / positionsPerDocument), readers, { expert }, mixerContext);
    const seen = Math.min(positions, train * lengths.mean(positionsPerDocument));
    work.kept = Math.max(work.kept, (2 * 4 * seen * readers * config.hiddenSize) / 2 ** 20);
    await work.read(validation, columns, { expert }, mixerContext);
  }
  for (const { readings = 0 } of entries.filter((entry) => entry.readings !== undefined))
    await work.read(readings * validation, k + 1, { expert }, mixerContext);
  // What is read for one that goes by losses or texts is found done by the others.
  if (entries.some(({ positions }) => positions === undefined))
    await work.read(validation, k, { expert }, mixerContext);
}
