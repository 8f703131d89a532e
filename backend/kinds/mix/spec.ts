import { deviceSetting, idOf, seedSetting, type SettingsTable } from '../../base/settings';
import type { RunKind, SpecOf } from '../kind';

export const expertsSetting = {
  form: idOf('experts'),
  label: 'Experts',
  help: 'set of experts',
  required: true,
  subject: true,
} as const;

const settings = { experts: expertsSetting, seed: seedSetting, device: deviceSetting } as const satisfies SettingsTable;

/** Trains the mixer of a set of experts. */
export const mixKind = {
  kind: 'mix',
  label: 'Training of the mixer',
  lane: 'device',
  makes: 'mixer',
  title: () => 'Train the mixer',
  settings,
} as const satisfies RunKind;

export type MixSpec = SpecOf<typeof mixKind>;
