import { flag, type Raw, type SettingsTable, type Values } from '../../base/settings';
import { namesSample } from '../../base/sample-names';
import { importKind } from '../import/spec';
import { lastPart, type RunKind, settingsFor, type Stage } from '../kind';
import { mixKind } from '../mix/spec';
import { offeredModel } from '../pull/spec';
import { splitKind } from '../split/spec';
import { trainKind } from '../train/spec';

/** A table without some of its settings. */
function without<S extends SettingsTable, K extends string>(table: S, ...keys: readonly K[]): Omit<S, K> {
  const left = Object.entries(table).filter(([key]) => !(keys as readonly string[]).includes(key));
  return Object.fromEntries(left) as unknown as Omit<S, K>;
}

/** All are rows of one review: none is asked for before it. */
function asRows(table: SettingsTable): SettingsTable {
  return Object.fromEntries(Object.entries(table).map(([key, { subject, ...setting }]) => [key, setting]));
}

const pullSetting = {
  form: flag,
  label: 'Download the Base Model First',
  help: 'bring the base model onto this machine before anything else',
  default: false,
} as const;

/** What of a split, a training and a mixer depends on records that are not there yet, or would be said twice. */
const ofRecords = {
  split: ['dataset', 'from', 'keep', 'divide', 'undoUnions', 'quickTokens', 'name'],
  train: ['split', 'model', 'precision', 'name', 'seed', 'device'],
  mix: ['experts', 'precision', 'seed', 'device'],
} as const;

/** In seconds, and its experts are about as good as those of perplexity EM, which takes minutes: see `docs/figures.md`. */
const usualMethod = 'unigram';

/** From files to experts that answer together, by runs of these kinds. */
export function pipelineKindOf(split: typeof splitKind, mix: RunKind<'mix'>): RunKind<'pipeline'> {
  const { method, precision, seed, device, ...splitting } = asRows(without(split.settings, ...ofRecords.split));
  const training = asRows(without(trainKind.settings, ...ofRecords.train));
  const settings = {
    ...without(importKind.settings, 'name', 'seed'),
    method: { ...method, default: usualMethod },
    ...splitting,
    k: { ...splitting.k, help: `${splitting.k.help}; fewer where the corpus is small` },
    pull: pullSetting,
    ...training,
    tokens: { ...training.tokens, help: `${training.tokens.help}; fewer where the corpus is small` },
    ...without(mix.settings, ...ofRecords.mix),
    precision,
    seed,
    device,
  };
  const told = (kind: RunKind, values: Raw, but: readonly string[] = []): Raw => {
    const taken = settingsFor(kind, values);
    return Object.fromEntries(
      Object.entries(values).filter(([key]) => Object.hasOwn(taken, key) && !but.includes(key)),
    );
  };
  const stages: readonly Stage[] = [
    { kind: 'pull', applies: ({ pull }) => pull === true, told: ({ model }) => ({ model }) },
    // Its seed draws sides, which are the same for every seed of what is learned.
    { kind: 'import', told: (values) => told(importKind, values, ['seed']) },
    { kind: 'split', told: (values, dataset) => ({ ...told(split, values), dataset }) },
    { kind: 'train', told: (values, made) => ({ ...told(trainKind, values), split: made }) },
    { kind: 'mix', told: (values, experts) => ({ ...told(mix, values), experts }) },
  ];
  const variants = Object.entries(split.variants?.of ?? {}).map(
    ([name, { label, settings: own }]) => [name, { label, settings: without(own, 'experts') }] as const,
  );
  return {
    kind: 'pipeline',
    label: 'Pipeline',
    lane: 'stages',
    makes: 'mixer',
    title: ({ source }) => `From ${namesSample(source) ? 'the sample corpus' : lastPart(source)} to an answer`,
    telling: ['method'],
    settings,
    variants: { by: 'method', of: Object.fromEntries(variants) },
    rules: [...(split.rules ?? []), ...trainKind.rules, ...(mix.rules ?? [])],
    stages,
    long: ({ pull, model }) => pull !== true || offeredModel(model) !== undefined,
  };
}

export const pipelineKind = pipelineKindOf(splitKind, mixKind);

/** Beside these stand the values of all other settings of its stages. */
export type PipelineSpec = { readonly kind: 'pipeline'; readonly method: string } & Values<
  Pick<typeof importKind.settings, 'source' | 'validation' | 'test'> &
    Pick<typeof trainKind.settings, 'model' | 'tokens'> & { readonly pull: typeof pullSetting }
> & { readonly k: number } & Raw;
