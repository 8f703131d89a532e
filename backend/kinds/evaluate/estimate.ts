import type { KindEstimate } from '../work-entry';
import { settingsOfExperts } from '../shared/estimate';
import type { EvaluateInputs } from './inputs';
import type { EvaluateSpec } from './spec';

export const evaluateEstimate: KindEstimate<EvaluateSpec, EvaluateInputs> = {
  byTasks: true,
  baseModel: (_, { experts }) => experts.model,
  add: async (work, { spec, inputs }) => {
    const { test } = inputs.dataset.documents;
    const k = inputs.experts.experts.length;
    const read = Math.min(test, spec.testDocuments ?? test);
    const shape = { expert: settingsOfExperts(inputs.experts) };
    await work.read(read, 0, shape);
    await work.read(read, k, shape);
    return read;
  },
};
