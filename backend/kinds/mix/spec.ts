import { deviceSetting, idOf, seedSetting, type SettingsTable, text } from '../../base/settings';
import type { RunKind, SpecOf } from '../kind';

export const expertsSetting = {
  form: idOf('experts'),
  label: 'Experts',
  help: 'set of experts',
  required: true,
  subject: true,
} as const;

const settings = {
  experts: expertsSetting,
  weighting: {
    form: text(40),
    label: 'Weighting',
    help: 'rule that weighs the experts, such as probe, posterior or centroid',
    default: 'probe',
  },
  seed: seedSetting,
  device: deviceSetting,
} as const satisfies SettingsTable;

/** Fits a weighting to a set of experts. */
export const mixKind = {
  kind: 'mix',
  label: 'Training of the mixer',
  lane: 'device',
  makes: 'mixer',
  title: () => 'Train the mixer',
  settings,
} as const satisfies RunKind;

export type MixSpec = SpecOf<typeof mixKind>;
