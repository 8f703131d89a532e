import {
  adapterSetting,
  choice,
  deviceSetting,
  idOf,
  modelSetting,
  precisionSetting,
  type Setting,
  type SettingsTable,
  whole,
  wholes,
} from '../../base/settings';
import { type AskedSystem, controlsSetting, systemsSettingOf } from '../../evaluate/plan';
import { weightingData } from '../../mixing/weightings/settings';
import { emSettings } from '../../split/methods/em/settings';
import type { MethodTable } from '../../split/methods/method';
import { splitMethods } from '../../split/methods/settings';
import { testDocumentsSetting } from '../evaluate/spec';
import type { RunKind, SpecOf } from '../kind';
import { kSetting } from '../split/spec';
import { adapterRules, learningRateSetting, loraSettings } from '../train/settings';

const { prefix, rounds, tokensPerRound } = emSettings;

const subjects = {
  dataset: {
    form: idOf('data'),
    label: 'Dataset',
    help: 'what is split, trained on and tested',
    required: true,
    subject: true,
  },
  k: kSetting,
} as const satisfies SettingsTable;

/** By default at a size that two cores finish in minutes: a sample of the corpus, one seed. */
const budget = {
  controls: controlsSetting,
  model: modelSetting,
  tokens: {
    form: whole(),
    label: 'Training Tokens',
    help: 'training tokens of every system, all its experts together or each, see Tokens Matched',
    unit: 'tokens',
    default: 150_000,
  },
  matched: {
    form: choice({
      system: 'all experts of a system together learn as many as one model',
      expert: 'each expert learns as many as one model',
    }),
    label: 'Tokens Matched',
    help: 'who learns as many tokens as one model of all data does',
    default: 'system',
  },
  trainDocuments: {
    form: whole(),
    flag: 'documents',
    label: 'Training Documents at Most',
    help: 'training documents at most',
    unit: 'documents',
    default: 800,
    former: ['train'],
  },
  validationDocuments: {
    form: whole(),
    label: 'Validation Documents at Most',
    help: 'validation documents at most',
    unit: 'documents',
    default: 40,
    former: ['validation'],
  },
  testDocuments: { ...testDocumentsSetting, default: 60, former: ['test'] },
  prefix: { ...prefix, default: 48 },
  rounds: {
    form: rounds.form,
    label: rounds.label,
    help: 'rounds of the perplexity method at most',
    unit: 'rounds',
    default: 1,
  },
  tokensPerRound: {
    form: tokensPerRound.form,
    label: tokensPerRound.label,
    help: tokensPerRound.help,
    unit: 'tokens',
    default: 4_000,
    former: ['emTokens'],
  },
  adapter: adapterSetting,
  rank: loraSettings.rank,
  layers: loraSettings.layers,
  learningRate: learningRateSetting,
  precision: precisionSetting,
  seeds: { form: wholes(), label: 'Seeds', help: 'seeds, separated by commas', default: [1] },
  device: deviceSetting,
} as const satisfies SettingsTable;

/** The main job: split, train, mix, compare with the controls, report. Systems are made of these methods and weightings. */
export function compareKindOf(
  methods: MethodTable,
  weightings: typeof weightingData,
): RunKind<'compare', typeof subjects & typeof budget & { systems: Setting<readonly AskedSystem[]> }> {
  return {
    kind: 'compare',
    label: 'Comparison',
    lane: 'device',
    makes: 'evaluation',
    title: ({ systems }) =>
      systems === undefined ? 'Compare the mixture with its controls' : 'Compare chosen systems',
    curves: true,
    settings: { ...subjects, systems: systemsSettingOf(methods, weightings), ...budget },
    rules: adapterRules,
    long: () => true,
  };
}

export const compareKind = compareKindOf(splitMethods, weightingData);

export type CompareSpec = SpecOf<typeof compareKind>;
