/**
 * Settings as data. One entry says all that there is to say of a setting; flags, files of settings, the rows of wizards, the labels of
 * reports, the schemas of what a run is told and the reference in the docs are made from it, so a setting exists everywhere or nowhere.
 * Free of schemas, because the editor loads it when it starts.
 */
import { type DeviceChoice, deviceLabels } from './device';
import type { ProductChoice } from './precision';

/** What a value may be. `value` is never there: it carries the type. */
export type Form<T = unknown> = { readonly value?: T } & (
  | { readonly type: 'whole' | 'number'; readonly least: number; readonly most: number }
  /** Values with their labels. */
  | { readonly type: 'choice'; readonly choices: Readonly<Record<string, string>> }
  /** Some of them; a file can spell out others by the settings of a table. */
  | {
      readonly type: 'choices';
      readonly choices: Readonly<Record<string, string>>;
      readonly spelled?: SettingsTable;
    }
  | { readonly type: 'flag' }
  | { readonly type: 'text'; readonly shortest: number; readonly longest: number }
  /** A file, folder or pattern of this machine. */
  | { readonly type: 'path' }
  /** A model by its name, or the folder or file that holds it. */
  | { readonly type: 'model' }
  /** The id of something in the project, by the word that its ids begin with. */
  | { readonly type: 'id'; readonly of: string }
  | { readonly type: 'wholes'; readonly least: number; readonly most: number; readonly longest: number }
  | { readonly type: 'paths'; readonly longest: number }
  /** A pile or an expert, which people call by its letter. */
  | { readonly type: 'letter' }
  /** An amount for each of some letters. */
  | { readonly type: 'amounts' }
);

/** What a number may be. */
export type NumberForm = Extract<Form<number>, { readonly type: 'whole' | 'number' }>;

/** An amount for the expert of a letter. */
export interface Amount {
  readonly letter: string;
  readonly weight: number;
}

export const whole = (least = 1, most = Number.MAX_SAFE_INTEGER): NumberForm => ({ type: 'whole', least, most });
export const anyWhole = whole(Number.MIN_SAFE_INTEGER);
export const between = (least: number, most: number): NumberForm => ({ type: 'number', least, most });
export const choice = <const C extends string>(choices: Readonly<Record<C, string>>): Form<C> => ({
  type: 'choice',
  choices,
});
/** Some of the values of a choice. */
export const someOf = <C extends string>(form: Form<C>): Form<readonly C[]> => ({
  type: 'choices',
  choices: form.type === 'choice' ? form.choices : {},
});
/** The same, with others that a file spells out. */
export const someOrSpelled = <S extends SettingsTable>(
  choices: Readonly<Record<string, string>>,
  spelled: S,
): Form<readonly (string | Values<S>)[]> => ({ type: 'choices', choices, spelled });
export const flag: Form<boolean> = { type: 'flag' };
export const text = (longest: number, shortest = 1): Form<string> => ({ type: 'text', shortest, longest });
export const path: Form<string> = { type: 'path' };
export const model: Form<string> = { type: 'model' };
export const idOf = (of: string): Form<string> => ({ type: 'id', of });
export const wholes = (least = Number.MIN_SAFE_INTEGER, longest = 100): Form<readonly number[]> => ({
  type: 'wholes',
  least,
  most: Number.MAX_SAFE_INTEGER,
  longest,
});
export const paths = (longest: number): Form<readonly string[]> => ({ type: 'paths', longest });
export const letter: Form<number> = { type: 'letter' };
export const amounts: Form<readonly Amount[]> = { type: 'amounts' };

/** Values by key, before anybody has looked at them. */
export type Raw = Readonly<Record<string, unknown>>;

/** A value that is words, such as an id. */
export const wordsOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export interface Setting<T = unknown> {
  readonly form: Form<T>;
  /** As lists and reports write it: "Learning Rate". */
  readonly label: string;
  /** What it does, in the words of a flag's help and of a wizard's prompt. */
  readonly help: string;
  /** What is counted or measured: "tokens", "documents". */
  readonly unit?: string;
  /** Of a flag that is neither on nor off by default: what its opposite says, `--no-header`. */
  readonly negative?: string;
  /** The flag without its dashes; the key in kebab case by default. */
  readonly flag?: string;
  /** Taken where nobody says anything, and told to the run. */
  readonly default?: T;
  /** A run cannot do without, and there is nothing to take. */
  readonly required?: true;
  /** What is done where nothing is told: a value that depends on the others, shown in its place. */
  readonly usual?: (values: Raw) => T | undefined;
  /** The same in words. */
  readonly otherwise?: string;
  /** Whether it means anything beside these values; always by default. */
  readonly applies?: (values: Raw) => boolean;
  /** What the run is about: asked for first, and no row of the last question. */
  readonly subject?: true;
  /** The command that tells it, where it is no flag of the command that starts such runs. */
  readonly command?: string;
  /** Keys that it had in earlier versions. */
  readonly former?: readonly string[];
}

export type SettingsTable = Readonly<Record<string, Setting>>;

type ValueOf<S> = S extends { readonly form: Form<infer T> } ? T : never;
type GivenKey<S> = {
  [K in keyof S]: S[K] extends { readonly default: unknown } | { readonly required: true } ? K : never;
}[keyof S];

/** The values of a table of settings, as a run is told them. */
export type Values<S> = { readonly [K in GivenKey<S>]: ValueOf<S[K]> } & {
  readonly [K in Exclude<keyof S, GivenKey<S>>]?: ValueOf<S[K]> | undefined;
};
/** The same before defaults are filled in. */
export type Wanted<S> = { readonly [K in keyof S]?: ValueOf<S[K]> | undefined };

/** The flag of a setting, with its dashes. */
export function flagOf(key: string, { flag: named }: Pick<Setting, 'flag'>): string {
  return `--${named ?? key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The defaults of those settings that have one. */
export function defaultsOf<S extends SettingsTable>(table: S): Wanted<S> {
  const known = Object.entries(table).filter(([, setting]) => setting.default !== undefined);
  return Object.fromEntries(known.map(([key, setting]) => [key, setting.default])) as Wanted<S>;
}

/** Two or more settings that do not go together. Message and next step name settings by their keys: `{rounds}`. */
export interface Rule {
  readonly broken: (values: Raw) => boolean;
  readonly message: string;
  readonly next: string;
}

/** A text with each `{key}` as `name` calls that setting: by its flag, or by its row. */
export function namingSettings(message: string, name: (key: string) => string | undefined): string {
  return message.replaceAll(/\{(\w+)\}/g, (whole, key: string) => name(key) ?? whole);
}

/** Settings that many kinds of run take. */
export const seedSetting = {
  form: anyWhole,
  label: 'Seed',
  help: 'seed of all that is drawn',
  default: 1,
} as const satisfies Setting;

export const modelSetting = {
  form: model,
  label: 'Base Model',
  help: 'base model by its name, see `polymath models`',
  default: 'base',
} as const satisfies Setting;

/** What of the base model experts change. */
export const adapterSetting = {
  form: choice({ lora: 'LoRA adapters on the frozen base model', full: 'all weights of each expert' }),
  label: 'Adapter',
  help: 'what is trained: LoRA adapters, or all weights (full)',
  default: 'lora',
} as const satisfies Setting;

/** A model by the name that it has today: what an earlier version called `bundled` is `base`. */
export const modelToday = (name: string): string => (name === 'bundled' ? modelSetting.default : name);

export const deviceSetting = {
  form: choice<DeviceChoice>({ auto: 'chosen by a trial', ...deviceLabels }),
  label: 'Device',
  help: 'where it computes, see `polymath devices`',
  otherwise: 'auto',
} as const satisfies Setting;

export const precisionSetting = {
  form: choice<ProductChoice>({
    full: 'as they are',
    int8: 'rounded to 8 bits, on the processor',
    auto: 'rounded where a trial finds that faster',
  }),
  label: 'Precision',
  help: 'how frozen weights multiply in training and scoring',
  otherwise: 'full',
} as const satisfies Setting;

export const nameSetting = (of: string, otherwise: string) =>
  ({ form: text(200), label: 'Name', help: `name of the ${of}`, otherwise }) as const satisfies Setting;
