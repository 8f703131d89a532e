import { methodNamed } from '../../split/methods/split-method';
import { methodTable } from '../../split/methods/table';
import { addQuickExperts } from '../split/estimate';
import type { KindEstimate } from '../work-entry';
import { cellsOf } from './cells';
import type { SweepInputs } from './inputs';
import type { SweepSpec } from './spec';

/** As many splits as there are lines and seeds. */
export const sweepEstimate: KindEstimate<SweepSpec, SweepInputs> = {
  byTasks: true,
  baseModel: ({ model }) => model,
  add: async (work, { spec, inputs, lengths, config }) => {
    const { train, validation } = inputs.dataset.documents;
    for (const { method, parts, k } of cellsOf(spec, inputs.dataset)) {
      for (let i = 0; i < spec.seeds.length; i++) {
        const expected = { k, documents: { train, validation }, meanLength: lengths.mean, config, work };
        await methodNamed(methodTable, method).estimate?.(expected, parts);
        if (spec.quickTokens !== undefined) await addQuickExperts(work, spec.quickTokens, k, validation);
      }
    }
    return train + validation;
  },
};
