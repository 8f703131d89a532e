import { gatherSplit, type KindInputs, earlierSplit, type EarlierSplit } from '../shared/inputs';
import type { TrainSpec } from './spec';

export const trainInputs: KindInputs<TrainSpec, EarlierSplit> = {
  schema: earlierSplit,
  gather: (store, { split }) => gatherSplit(store, split),
};
