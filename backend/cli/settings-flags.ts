/** The flags of a command, made from a table of settings, and what was said by them and by a file of settings. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { decimal } from '../base/format';
import { letterIndex } from '../base/letter';
import {
  flagOf,
  type Form,
  namingSettings,
  type Raw,
  type Setting,
  type SettingsTable,
  wordsOf,
} from '../base/settings';
import { type KindTable, settingNamed } from '../kinds/specs';
import { answerSettings } from '../protocol/settings';
import { integer, modelName, wholeNumber } from './options';
import { readSettingsFile } from './settings-file';

/** Flags for all settings but those that the command asks for in another way, and `--config`. */
export function addSettings(command: Command, table: SettingsTable, without: readonly string[] = []): Command {
  const own = Object.entries(table).filter(
    ([key, { command: other }]) => other === undefined && !without.includes(key),
  );
  for (const [key, setting] of own) {
    command.addOption(optionOf(key, setting, table));
    const { negative } = setting;
    if (negative !== undefined) command.addOption(new Option(flagOf(key, setting).replace('--', '--no-'), negative));
  }
  return command.option('--config <file>', 'a YAML file with these settings; what flags say goes before it');
}

/** The flag of one setting. */
export function optionOf(key: string, setting: Setting, table: SettingsTable = { [key]: setting }): Option {
  const name = flagOf(key, setting);
  const option = new Option(
    setting.form.type === 'flag' ? name : `${name} ${placeholder(setting.form, setting.unit)}`,
    helpOf(setting, table),
  );
  const { form } = setting;
  if (form.type === 'choice') option.choices(Object.keys(form.choices));
  else if (form.type !== 'flag') option.argParser((value) => parseFlag(form, value));
  return option;
}

/** What was said by flags and by the file of `--config`, by key. Throws UserError where the file cannot be used. */
export async function toldSettings(command: Command, table: SettingsTable): Promise<Raw> {
  const options: Raw = command.optsWithGlobals();
  const config = wordsOf(options.config);
  const file = config === undefined ? {} : await readSettingsFile(config, table);
  const flags = Object.entries(table).flatMap(([key, setting]) => {
    const value = options[optionOf(key, setting).attributeName()];
    return value === undefined ? [] : [[key, value] as const];
  });
  return { ...file, ...Object.fromEntries(flags) };
}

/** A message that names settings by their keys, as the command line calls them. */
export function withFlags(message: string, kinds: KindTable): string {
  return namingSettings(message, (key) => {
    const setting = settingNamed(kinds, key) ?? new Map<string, Setting>(Object.entries(answerSettings)).get(key);
    return setting && flagOf(key, setting);
  });
}

function helpOf({ help: told, default: value, usual, otherwise, form }: Setting, table: SettingsTable): string {
  const help = form.type === 'choices' ? `${told}: ${Object.keys(form.choices).join(', ')}` : told;
  const named = namingSettings(help, (key) => (Object.hasOwn(table, key) ? flagOf(key, table[key]) : flagOf(key, {})));
  const without = value ?? usual?.({});
  if (without !== undefined && without !== false)
    return `${named} (default: ${typeof without === 'number' ? decimal(without) : JSON.stringify(without).replaceAll('"', '')})`;
  return otherwise === undefined || form.type === 'flag' ? named : `${named} (default: ${otherwise})`;
}

function placeholder(form: Form, unit: string | undefined): string {
  switch (form.type) {
    case 'whole':
    case 'number':
      return `<${unit ?? 'number'}>`;
    case 'choice':
      return '<name>';
    case 'wholes':
    case 'choices':
    case 'amounts':
      return '<list>';
    case 'paths':
      return '<paths>';
    case 'letter':
      return '<letter>';
    case 'flag':
    case 'text':
    case 'path':
    case 'model':
    case 'id':
      return `<${form.type}>`;
  }
}

/** Refused before any work begins. */
function parseFlag(form: Form, value: string): unknown {
  switch (form.type) {
    case 'whole':
      return within(form, form.least < 0 ? integer(value) : wholeNumber(value));
    case 'number':
      return within(form, value.trim() === '' ? Number.NaN : Number(value));
    case 'wholes':
      return value.split(',').map((part) => within(form, integer(part)));
    case 'paths':
      return value.split(',').map((part) => resolve(part));
    case 'path':
      return resolve(value);
    case 'model':
      return modelName(value);
    case 'letter':
      return letterIndex(value) ?? refuse('The letter of a pile is needed, such as B.');
    case 'amounts':
      return value.split(',').map(amount);
    case 'choices':
      return value.split(',').map((part) => {
        const name = part.trim();
        return Object.hasOwn(form.choices, name)
          ? name
          : refuse(`The names are ${Object.keys(form.choices).join(', ')}.`);
      });
    case 'choice':
    case 'flag':
    case 'text':
    case 'id':
      return value;
  }
}

function amount(part: string): { letter: string; weight: number } {
  const [letter, weight = ''] = part.split('=');
  const number = Number(weight);
  if (weight.trim() === '' || !Number.isFinite(number)) refuse('Letters with amounts are needed: A=0.7,B=0.3');
  return { letter: letter.trim().toUpperCase(), weight: number };
}

function within({ least, most }: { readonly least: number; readonly most: number }, value: number): number {
  if (value >= least && value <= most) return value;
  if (most === Number.MAX_SAFE_INTEGER) return refuse(`A whole number from ${least} on is needed.`);
  return refuse(`A number from ${decimal(least)} to ${decimal(most)} is needed.`);
}

function refuse(message: string): never {
  throw new InvalidArgumentError(message);
}
