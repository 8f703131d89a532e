import { formatNumber } from '../../base/format';
import {
  choice,
  deviceSetting,
  flag,
  idOf,
  letter,
  modelSetting,
  nameSetting,
  precisionSetting,
  type Raw,
  type Rule,
  seedSetting,
  type SettingsTable,
  type Values,
  type Wanted,
  whole,
  wholes,
} from '../../base/settings';
import type { emSettings } from '../../split/methods/em/settings';
import { methodData, type MethodTable } from '../../split/methods/method';
import { splitMethods } from '../../split/methods/settings';
import type { RunKind } from '../kind';

export const kSetting = {
  form: whole(1, 1000),
  label: 'Number of Piles',
  help: 'number of piles',
  default: 6,
  subject: true,
} as const;

export const quickTokensSetting = {
  form: whole(),
  flag: 'quick-experts',
  label: 'Tokens of Quick Experts',
  help: 'train experts of the piles, and of random ones, on so many tokens; tell how well they predict held-out documents',
  unit: 'tokens',
  otherwise: 'none are trained',
} as const;

const goesOn = ({ from }: Raw): boolean => from !== undefined;

const first = {
  dataset: { form: idOf('data'), label: 'Dataset', help: 'what is split', required: true, subject: true },
  k: kSetting,
  model: modelSetting,
} as const satisfies SettingsTable;

/** What stands below the settings of the method. */
const last = {
  from: {
    form: idOf('split'),
    label: 'Go on from a Split',
    help: 'go on from the piles of a split: names and moved or pinned documents stay',
    otherwise: 'begin anew',
  },
  keep: {
    form: flag,
    label: 'Keep What Is There',
    help: 'with {from}: its documents stay in their piles, and only new ones are assigned; with {experts}: documents stay where they begin',
    otherwise: 'no',
    applies: ({ from, experts }) => from !== undefined || experts !== undefined,
  },
  divide: {
    form: letter,
    label: 'Pile to Divide',
    help: 'divide this pile, and leave all others as they are',
    otherwise: 'none',
    applies: goesOn,
    command: 'piles divide',
  },
  undoUnions: {
    form: wholes(1),
    label: 'Unions to Undo',
    help: 'take unions of a guide back, see `polymath piles --unions`; the smaller side of each is a pile of its own again',
    otherwise: 'none',
    applies: goesOn,
    command: 'piles undo-union',
  },
  quickTokens: quickTokensSetting,
  precision: precisionSetting,
  name: nameSetting('split', 'by its method'),
  seed: seedSetting,
  device: deviceSetting,
} as const satisfies SettingsTable;

const isThere = (value: unknown): boolean => value !== undefined && value !== false;

/** What does not go together, whoever asks. */
const rules = (methods: MethodTable): readonly Rule[] => [
  {
    broken: ({ from, experts }) => isThere(from) && isThere(experts),
    message: 'Piles begin with an earlier split or with trained experts, not with both.',
    next: 'Leave out {from} or {experts}.',
  },
  {
    broken: ({ from, experts, keep }) => isThere(keep) && !isThere(from) && !isThere(experts),
    message: '{keep} keeps what an earlier split or trained experts say.',
    next: 'Name it: {from} or {experts}.',
  },
  {
    broken: ({ divide, undoUnions, from }) => (isThere(divide) || isThere(undoUnions)) && !isThere(from),
    message: 'Of which split the pile or the union is was not said.',
    next: 'Name it: {from}.',
  },
  {
    broken: ({ divide, keep }) => isThere(divide) && isThere(keep),
    message: '{divide} leaves all other piles as they are.',
    next: 'Leave out {keep}.',
  },
  {
    broken: ({ divide, undoUnions }) => isThere(divide) && isThere(undoUnions),
    message: 'One run divides a pile or undoes unions, not both.',
    next: 'Leave out {divide} or {undoUnions}.',
  },
  {
    broken: ({ from, method }) => isThere(from) && methodData(methods, String(method))?.beginsAnew === true,
    message: 'This method begins with no piles.',
    next: 'Choose a method that can go on from piles, such as em, unigram or kmeans, or leave out {from}.',
  },
  {
    broken: ({ experts, start }) => isThere(experts) && isThere(start),
    message: 'Both {start} and {experts} say what the split begins with.',
    next: 'Leave out {start} or {experts}.',
  },
  {
    broken: ({ experts, proxyLayers }) => isThere(experts) && isThere(proxyLayers),
    message: 'Trained experts need all layers of their base model.',
    next: 'Leave out {proxyLayers}.',
  },
];

/** Version 0.1.0 told splits of every method that the plain rule of perplexity EM is not wanted. */
function withoutLiteral(former: Raw): Raw {
  const { literal, ...rest } = former;
  return (former.method ?? 'em') === 'em' || literal !== false ? former : rest;
}

/** Splits the training documents of a dataset, by one of these methods. */
export function splitKindOf(methods: MethodTable): RunKind<'split'> {
  const choices = Object.fromEntries(Object.entries(methods).map(([name, { label }]) => [name, label]));
  const method = {
    form: choice(choices),
    label: 'Method',
    help: 'how documents are told apart',
    default: 'em',
    subject: true,
  } as const;
  return {
    kind: 'split',
    label: 'Split',
    lane: 'device',
    makes: 'split',
    title: ({ k }: Raw) => `Split into ${formatNumber(Number(k), 'pile')}`,
    telling: ['method'],
    curves: true,
    settings: { ...first, method, ...last },
    variants: { by: 'method', of: methods },
    rules: rules(methods),
    long: (values: Raw) => {
      const chosen = methodData(methods, String(values.method));
      return chosen?.pace === 'minutes' && chosen.computes?.(values) === true;
    },
    upgrade: withoutLiteral,
  } as const satisfies RunKind;
}

export const splitKind = splitKindOf(splitMethods);

/** What every split is told. Beside it stand the values of its method, which checks them; trained experts are fetched for it. */
export type SplitSpec = { readonly kind: 'split'; readonly method: string } & Values<typeof first & typeof last> &
  Wanted<Pick<typeof emSettings, 'experts'>>;
