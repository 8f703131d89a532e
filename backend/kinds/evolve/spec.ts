import { deviceSetting, idOf, nameSetting, seedSetting, type SettingsTable } from '../../base/settings';
import { evolutionSettings } from '../../evolve/settings';
import { questionSetSetting, scaleSetting } from '../exam/spec';
import type { RunKind, SpecOf } from '../kind';
import { expertsSetting } from '../mix/spec';

const { algorithm, ...rest } = evolutionSettings;

const settings = {
  experts: expertsSetting,
  council: {
    form: idOf('council'),
    label: 'Council',
    help: 'the council whose texts are evolved',
    required: true,
    subject: true,
  },
  questions: questionSetSetting,
  algorithm,
  ...rest,
  scale: scaleSetting,
  name: nameSetting('council that is made', 'that of the council, with the algorithm'),
  seed: seedSetting,
  device: deviceSetting,
} as const satisfies SettingsTable;

/** Evolves roles and instruction of a council on the held-out half of a question set; makes a council of the best. */
export const evolveKind = {
  kind: 'evolve',
  label: 'Evolution',
  lane: 'device',
  makes: 'council',
  title: () => 'Evolve the roles of a council',
  telling: ['algorithm'],
  settings,
} as const satisfies RunKind;

export type EvolveSpec = SpecOf<typeof evolveKind>;
