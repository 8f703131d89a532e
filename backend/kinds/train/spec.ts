import {
  between,
  deviceSetting,
  idOf,
  modelSetting,
  nameSetting,
  precisionSetting,
  seedSetting,
  type SettingsTable,
  whole,
} from '../../base/settings';
import { adapterRules, trainingTable } from './settings';
import type { RunKind, SpecOf, WantedOf } from '../kind';

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
  epochs: {
    form: between(0.01, 1000),
    label: 'Epochs',
    help: 'how often all texts are gone through, instead of a number of tokens',
    otherwise: 'by the training tokens',
  },
  model: modelSetting,
  ...trainingTable,
  precision: precisionSetting,
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
  telling: ['tokens'],
  curves: true,
  settings,
  rules: adapterRules,
  long: () => true,
} as const satisfies RunKind;

export type TrainSpec = SpecOf<typeof trainKind>;
export type TrainWanted = WantedOf<typeof trainKind>;
