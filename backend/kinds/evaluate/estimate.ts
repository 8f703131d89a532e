import type { KindEstimate } from '../work-entry';
import { settingsOfExperts } from '../shared/estimate';
import type { EvaluateInputs } from './inputs';
import type { EvaluateSpec } from './spec';

export const evaluateEstimate: KindEstimate<EvaluateSpec, EvaluateInputs> = {
  byTasks: true,
  baseModel: (_, { experts }) => experts.model,
  add: async (work, { spec, inputs, lengths }) => {
    const { test } = inputs.dataset.documents;
    const k = inputs.experts.experts.length;
    const read = Math.min(test, spec.testDocuments ?? test);
    const shape = { expert: settingsOfExperts(inputs.experts) };
    const length = lengths.mean(Infinity);
    await work.score(read * length, 0, shape, Math.min(256, length));
    await work.score(read * length * k, k, shape, Math.min(256, length));
    return read;
  },
};
