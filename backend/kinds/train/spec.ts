import { usualLearningRate, usualRank } from '../../base/defaults';
import {
  between,
  deviceSetting,
  idOf,
  modelSetting,
  nameSetting,
  seedSetting,
  type SettingsTable,
  whole,
} from '../../base/settings';
import type { RunKind, SpecOf, WantedOf } from '../kind';

export const learningRateSetting = {
  form: between(1e-7, 1),
  label: 'Learning Rate',
  help: 'peak learning rate of the experts',
  default: usualLearningRate,
} as const;

const settings = {
  split: {
    form: idOf('split'),
    label: 'Split',
    help: 'split whose piles are learned',
    required: true,
    subject: true,
    former: ['clustering'],
  },
  tokens: {
    form: whole(),
    label: 'Training Tokens',
    help: 'training tokens of all experts together',
    unit: 'tokens',
    default: 200_000,
    subject: true,
  },
  model: modelSetting,
  rank: { form: whole(1, 1024), label: 'Rank', help: 'rank of the LoRA adapters', default: usualRank },
  layers: {
    form: whole(),
    label: 'Adapted Layers',
    help: 'adapt only the last so many layers: faster, as those below run once per text',
    unit: 'layers',
    otherwise: 'all',
  },
  learningRate: learningRateSetting,
  name: nameSetting('set of experts', 'by its split'),
  seed: seedSetting,
  device: deviceSetting,
} as const satisfies SettingsTable;

/** Trains one expert per pile of a split. */
export const trainKind = {
  kind: 'train',
  label: 'Training',
  lane: 'device',
  makes: 'experts',
  title: () => 'Train experts',
  curves: true,
  settings,
  long: () => true,
} as const satisfies RunKind;

export type TrainSpec = SpecOf<typeof trainKind>;
export type TrainWanted = WantedOf<typeof trainKind>;
