/** docs/settings.md: every setting of every kind of run, splitting method, answer, editor and environment, from their tables. */
import type { Command } from 'commander';
import {
  flagOf,
  type Form,
  namingSettings,
  type Raw,
  type Setting,
  type SettingsTable,
} from '../../backend/base/settings';
import type { KindTable } from '../../backend/kinds/specs';
import type { MethodTable } from '../../backend/split/methods/method';
import type { SettingEntry } from '../../extension/settings';
import { commandAt, optionsOf } from './commands';
import { code, file, made, table } from './markdown';

/** The commands that start runs of a kind. Any kind is started by `polymath run FILE.yaml` too. */
const starters: Readonly<Record<string, string>> = {
  import: 'import',
  'import-questions': 'import --questions',
  'import-experts': 'experts import',
  split: 'split',
  sweep: 'bench splitting',
  train: 'train',
  mix: 'mix',
  evaluate: 'evaluate',
  compare: 'run',
  merge: 'merge',
  pull: 'models pull',
};

export interface SettingsSources {
  readonly kinds: KindTable;
  readonly methods: MethodTable;
  readonly answer: SettingsTable;
  readonly editor: Readonly<Record<string, SettingEntry>>;
  /** What the variables of the environment are for. */
  readonly variables: Readonly<Record<string, string>>;
  readonly program: Command;
}

export function settingsReference({ kinds, methods, answer, editor, variables, program }: SettingsSources): string {
  const kindParts = Object.values(kinds).flatMap(({ kind, label, settings, variants }) => {
    const starter = Object.hasOwn(starters, kind) ? starters[kind] : undefined;
    const flags = starter === undefined ? undefined : flagsOf(program, starter);
    const begun = starter === undefined ? '' : `Begun by ${code(`polymath ${starter}`)}. `;
    return [
      `## ${label}`,
      `${begun}In a file: ${code(`kind: ${kind}`)}.${variants === undefined ? '' : ` Its ${code(variants.by)} has settings of its own, below.`}`,
      // Settings of variants stand beside those of all.
      settingsTable(settings, flags, mergedSettings(variants?.of)),
    ];
  });
  // Methods go on from splits and keep piles, whatever their own tables hold.
  const { from, keep } = kinds.split.settings;
  const methodParts = Object.entries(methods).flatMap(([name, { label, detail, settings }]) => [
    `### ${label}`,
    `${code(`polymath split ${name}`)}, in a file ${code(`method: ${name}`)}. ${detail}`,
    Object.keys(settings).length === 0
      ? 'It has no settings but those of every split.'
      : settingsTable(settings, flagsOf(program, `split ${name}`), { from, keep }),
  ]);
  return file([
    made,
    '# Settings',
    'A setting has one name everywhere: its key in a file of settings, its flag on the command line, its label in the editor. Files take keys and flags alike, see [settings-files.md](settings-files.md). A setting without a flag is told by an argument, or by the command that is named. What is *required* has no default; the commands take the newest that fits where nothing is named.',
    ...kindParts,
    '## Splitting methods',
    ...methodParts,
    '## Answers',
    `Of ${code('polymath ask')}, the page of tokens, and, under their own names, the endpoint.`,
    settingsTable(answer, flagsOf(program, 'ask')),
    '## The editor',
    'In VS Code’s settings.',
    editorTable(editor),
    '## The environment',
    'Variables that the command line and the backend read when they start. What the system and other tools mean by theirs holds here, too.',
    table(
      ['variable', 'what it says'],
      Object.entries(variables).map(([name, help]) => [code(name), capital(help)]),
    ),
  ]);
}

const mergedSettings = (variants: Readonly<Record<string, { readonly settings: SettingsTable }>> = {}): SettingsTable =>
  Object.assign({}, ...Object.values(variants).map(({ settings }) => settings)) as SettingsTable;

const flagsOf = (program: Command, path: string): ReadonlySet<string> =>
  new Set(optionsOf(commandAt(program, path.replace(/ --.*/, ''))).map(({ long }) => long ?? ''));

/** `beside` are settings of another table that stand beside these. */
function settingsTable(
  settings: SettingsTable,
  flags: ReadonlySet<string> | undefined,
  beside: SettingsTable = {},
): string {
  const others = circumstances({ ...beside, ...settings });
  const rows = Object.entries(settings).map(([key, setting]) => {
    const flag = flagOf(key, setting);
    return [
      code(key),
      setting.command !== undefined ? code(`polymath ${setting.command}`) : flags?.has(flag) === true ? code(flag) : '',
      setting.label,
      capital(namingSettings(setting.help, (named) => code(flagOf(named, settings[named] ?? {})))),
      formText(setting.form, setting.unit),
      defaultText(setting, others),
      appliesText(setting, others),
    ];
  });
  return table(['key', 'flag', 'label', 'what it does', 'values', 'default', 'applies'], rows);
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function formText(form: Form, unit = ''): string {
  const of = unit === '' ? '' : ` of ${unit}`;
  switch (form.type) {
    case 'whole':
      return `whole number${of}${boundsText(form.least, form.most)}`;
    case 'number':
      return `${unit === '' ? 'number' : unit}${boundsText(form.least, form.most)}`;
    case 'wholes':
      return `list of whole numbers${of}${boundsText(form.least, form.most)}`;
    case 'choice':
      return choicesText(form.choices);
    case 'choices': {
      const spelled = Object.keys(form.spelled ?? {}).map(code);
      const others = spelled.length === 0 ? '' : `; in a file also others, spelled out by ${spelled.join(', ')}`;
      return `list of ${choicesText(form.choices)}${others}`;
    }
    case 'flag':
      return 'yes or no';
    case 'text':
      return `text, ${form.longest} characters at most`;
    case 'path':
      return 'path';
    case 'paths':
      return 'list of paths';
    case 'model':
      return 'model';
    case 'id':
      return `id: ${code(`${form.of}-…`)}`;
    case 'letter':
      return 'letter of a pile';
    case 'amounts':
      return `amount per letter: ${code('A=0.7,B=0.3')}`;
  }
}

function boundsText(least: number, most: number): string {
  const upper = most === Number.MAX_SAFE_INTEGER ? undefined : most;
  const lower = least === Number.MIN_SAFE_INTEGER ? undefined : least;
  if (lower === undefined) return upper === undefined ? '' : `, ${upper} at most`;
  return upper === undefined ? `, from ${lower}` : `, ${lower} to ${upper}`;
}

const choicesText = (choices: Readonly<Record<string, string>>): string =>
  Object.entries(choices)
    .map(([name, label]) => (name === label ? code(name) : `${code(name)} (${label})`))
    .join(', ');

function defaultText(setting: Setting, others: readonly Circumstance[]): string {
  if (setting.required === true) return '*required*';
  if (setting.default !== undefined) return valueText(setting.default);
  const { usual, otherwise = '' } = setting;
  const alone = usual?.({});
  const first = alone === undefined ? otherwise : valueText(alone);
  const differing = others
    .map(({ values, words }) => ({ words, value: usual?.(values) }))
    .filter(({ value }) => value !== undefined && value !== alone)
    .map(({ words, value }) => `${valueText(value)} with ${words}`);
  return [first, ...differing].join('; ');
}

function valueText(value: unknown): string {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  return code(Array.isArray(value) ? value.join(',') : String(value));
}

/** With which single other setting a setting means something, or nothing any more. */
function appliesText({ applies }: Setting, others: readonly Circumstance[]): string {
  if (applies === undefined) return '';
  const alone = applies({});
  const turning = others.filter(({ values }) => applies(values) !== alone);
  if (turning.length === 0) return '';
  const said = new Set(turning.flatMap(({ values }) => Object.keys(values)));
  const staying = others.filter(
    (one) => !turning.includes(one) && Object.keys(one.values).some((key) => said.has(key)),
  );
  const inverse = staying.length > 0 && staying.length < turning.length;
  const words = (inverse ? staying : turning).map((one) => one.words).join(' or ');
  return `${alone === inverse ? 'only' : 'not'} with ${words}`;
}

interface Circumstance {
  readonly values: Raw;
  readonly words: string;
}

/** Each value that one setting may have beside nothing else, in words. */
function circumstances(settings: SettingsTable): readonly Circumstance[] {
  return Object.entries(settings).flatMap(([key, setting]) => {
    const flag = flagOf(key, setting);
    if (setting.form.type === 'choice') {
      return Object.keys(setting.form.choices).map((name) => ({
        values: { [key]: name },
        words: code(`${flag} ${name}`),
      }));
    }
    return [{ values: { [key]: setting.form.type === 'flag' ? true : 'something' }, words: code(flag) }];
  });
}

function editorTable(editor: SettingsSources['editor']): string {
  const rows = Object.entries(editor).map(([key, entry]) => [
    code(`polymath.${key}`),
    entry.description,
    editorValues(entry),
    entry.default === '' ? 'empty' : valueText(entry.default),
  ]);
  return table(['setting', 'what it does', 'values', 'default'], rows);
}

function editorValues(entry: SettingEntry): string {
  if ('values' in entry) {
    return Object.entries(entry.values)
      .map(([name, meaning]) => `${code(name)}: ${meaning}`)
      .join(' ');
  }
  if ('least' in entry) {
    return `${entry.whole === true ? 'whole number' : 'number'}${boundsText(entry.least, entry.most ?? Number.MAX_SAFE_INTEGER)}`;
  }
  return typeof entry.default === 'boolean' ? 'yes or no' : 'text';
}
