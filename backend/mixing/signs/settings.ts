/** How signs weigh experts. */
import { between, flag, type SettingsTable } from '../../base/settings';

export const usualFloor = 0.01;

export const signSettings = {
  withBase: {
    form: flag,
    label: 'Base Model Weighed Too',
    help: 'weigh the base model as one expert more: where no expert knows the text, it is not far worse than without experts',
    usual: () => false,
  },
  floor: {
    form: between(0, 1),
    label: 'Share in Equal Parts',
    help: 'share of the say that all have in equal parts, whatever tells of them: no expert has less than its part of it',
    usual: () => usualFloor,
  },
} as const satisfies SettingsTable;
