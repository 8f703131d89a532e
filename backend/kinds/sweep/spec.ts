import {
  deviceSetting,
  flag,
  idOf,
  modelSetting,
  nameSetting,
  precisionSetting,
  type SettingsTable,
  someOf,
  wholes,
} from '../../base/settings';
import { emSettings } from '../../split/methods/em/settings';
import type { RunKind, SpecOf } from '../kind';
import { kSetting, quickTokensSetting } from '../split/spec';

const { start, beta, balance, prefix, proxyLayers, rounds, tokensPerRound, adapter } = emSettings;

const settings = {
  dataset: { form: idOf('data'), label: 'Dataset', help: 'what is split', required: true, subject: true },
  k: kSetting,
  model: modelSetting,
  starts: {
    form: someOf(start.form),
    flag: 'start',
    label: 'Starts to Compare',
    help: 'what the piles begin as',
    default: ['unigram'],
  },
  betas: {
    form: someOf(beta.form),
    flag: 'beta',
    label: 'Weights of the Evidence (β)',
    help: beta.help,
    default: ['measured'],
  },
  balances: {
    form: someOf(balance.form),
    flag: 'balance',
    label: 'Balances',
    help: balance.help,
    default: ['capacity'],
  },
  prefixes: {
    form: wholes(1),
    flag: 'prefix',
    label: 'Tokens Read of Each Document',
    help: prefix.help,
    unit: 'tokens',
    default: [prefix.default],
  },
  judges: {
    form: wholes(0),
    flag: 'proxy-layers',
    label: 'Layers That Judge',
    help: `${proxyLayers.help}; 0 is all`,
    unit: 'layers',
    default: [0],
  },
  withoutControls: {
    form: flag,
    label: 'Without Controls',
    help: 'without random, k-means, unigram and gold splits beside them',
    default: false,
  },
  rounds,
  tokensPerRound,
  adapter: { form: adapter.form, label: adapter.label, help: adapter.help, usual: adapter.usual },
  quickTokens: quickTokensSetting,
  precision: precisionSetting,
  name: nameSetting('table', 'by the dataset'),
  seeds: { form: wholes(), label: 'Seeds', help: 'seeds of every combination', default: [1, 2, 3] },
  device: deviceSetting,
} as const satisfies SettingsTable;

/** Splits a dataset by every combination of the parts of perplexity EM that are listed, once per seed, and tells what each is worth. */
export const sweepKind = {
  kind: 'sweep',
  label: 'Comparison of the parts of a method',
  lane: 'device',
  makes: 'table',
  title: () => 'Compare the parts of perplexity EM',
  settings,
} as const satisfies RunKind;

export type SweepSpec = SpecOf<typeof sweepKind>;
