import { gatherSplit, type KindInputs, splitInputs, type SplitInputs } from '../shared/inputs';
import type { TrainSpec } from './spec';

export const trainInputs: KindInputs<TrainSpec, SplitInputs> = {
  schema: splitInputs,
  gather: (store, { split }) => gatherSplit(store, split),
};
