import { choice, deviceSetting, idOf, seedSetting, type SettingsTable, type Values } from '../../base/settings';
import { weightingData } from '../../mixing/weightings/settings';
import type { RunKind } from '../kind';

export const expertsSetting = {
  form: idOf('experts'),
  label: 'Experts',
  help: 'set of experts',
  required: true,
  subject: true,
} as const;

const common = { experts: expertsSetting, seed: seedSetting, device: deviceSetting } as const satisfies SettingsTable;

/** Fits one of these weightings to a set of experts. */
export function mixKindOf(weightings: typeof weightingData): RunKind<'mix'> {
  const { experts, ...rest } = common;
  const weighting = {
    form: choice(Object.fromEntries(weightings.map(({ name, label }) => [name, label]))),
    label: 'Weighting',
    help: 'rule that weighs the experts, token by token',
    default: 'combined',
  } as const;
  return {
    kind: 'mix',
    label: 'Training of the mixer',
    lane: 'device',
    makes: 'mixer',
    title: () => 'Train the mixer',
    settings: { experts, weighting, ...rest },
  };
}

export const mixKind = mixKindOf(weightingData);

export type MixSpec = { readonly kind: 'mix'; readonly weighting: string } & Values<typeof common>;
