import {
  choice,
  deviceSetting,
  idOf,
  precisionSetting,
  type Raw,
  type Rule,
  seedSetting,
  type SettingsTable,
  type Values,
  whole,
} from '../../base/settings';
import { weightingData } from '../../mixing/weightings/settings';
import type { RunKind } from '../kind';

export const expertsSetting = {
  form: idOf('experts'),
  label: 'Experts',
  help: 'set of experts',
  required: true,
  subject: true,
} as const;

const common = {
  experts: expertsSetting,
  top: {
    form: whole(1, 1000),
    label: 'Experts at a Token',
    help: 'only so many experts, those with the largest weights, speak at each token',
    otherwise: 'all experts',
  },
  validationDocuments: {
    form: whole(),
    label: 'Validation Documents at Most',
    help: 'validation documents at most, drawn at random, that the weighting is fitted on and measured by',
    unit: 'documents',
    default: 100,
  },
  precision: precisionSetting,
  seed: seedSetting,
  device: deviceSetting,
} as const satisfies SettingsTable;

/** The one that predicts texts best in `docs/figures.md`. */
const usualWeighting = 'contrast';

/** The settings of all these weightings; each applies to those that have it. */
function settingsOf(weightings: typeof weightingData): SettingsTable {
  const all = new Map(weightings.flatMap(({ settings = {} }) => Object.entries(settings)));
  const takes = ({ weighting = usualWeighting }: Raw, key: string): boolean =>
    weightings.some(({ name, settings = {} }) => name === weighting && Object.hasOwn(settings, key));
  return Object.fromEntries(
    [...all].map(([key, setting]) => [
      key,
      {
        ...setting,
        applies: (values: Raw) => takes(values, key) && setting.applies?.(values) !== false,
      },
    ]),
  );
}

/** What a weighting does not take is refused with it. */
function rulesOf(settings: SettingsTable, weightings: typeof weightingData): Rule[] {
  return Object.entries(settings).map(([key, { applies }]) => {
    const takers = weightings.filter((one) => Object.hasOwn(one.settings ?? {}, key)).map(({ name }) => name);
    return {
      broken: (values) => values[key] !== undefined && applies?.(values) === false,
      message: `This weighting does not take {${key}}.`,
      next: `Leave it out, or choose a weighting that takes it ({weighting} ${takers.join(' or ')}).`,
    };
  });
}

/** Fits one of these weightings to a set of experts. */
export function mixKindOf(weightings: typeof weightingData): RunKind<'mix'> {
  const { experts, ...rest } = common;
  const weighting = {
    form: choice(Object.fromEntries(weightings.map(({ name, label }) => [name, label]))),
    label: 'Weighting',
    help: 'rule that weighs the experts, token by token',
    default: usualWeighting,
  } as const;
  const own = settingsOf(weightings);
  return {
    kind: 'mix',
    label: 'Training of the mixer',
    lane: 'device',
    makes: 'mixer',
    title: () => 'Train the mixer',
    telling: ['weighting'],
    settings: { experts, weighting, ...own, ...rest },
    rules: [...rulesOf(own, weightings), ...weightings.flatMap(({ rules = [] }) => rules)],
  };
}

export const mixKind = mixKindOf(weightingData);

/** Beside these stand the values of the weighting's own settings. */
export type MixSpec = { readonly kind: 'mix'; readonly weighting: string } & Values<typeof common>;
