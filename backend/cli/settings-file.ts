/** Files of settings: YAML, and so JSON, with a setting a line by its key or its flag, as other trainers have them. */
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { UserError } from '../base/errors';
import { expertLetter, letterIndex } from '../base/letter';
import { namesSample } from '../base/sample-names';
import { flagOf, type Form, type Raw, type Setting, type SettingsTable } from '../base/settings';
import { isFields, parseYaml, readWritten } from '../base/yaml-text';
import type { RunSpec } from '../protocol/run';
import { modelName } from './options';

/** What a file says, by key. Throws UserError where it cannot be read, or says what the table does not have. */
export async function readSettingsFile(path: string, table: SettingsTable): Promise<Raw> {
  const { kind: _, ...said } = await readFileOfSettings(path);
  const keys = new Map(Object.entries(table).flatMap(([key, setting]) => namesOf(key, setting).map((n) => [n, key])));
  return Object.fromEntries(
    Object.entries(said).map(([name, value]) => {
      const key = keys.get(name);
      if (key !== undefined) return [key, fromFile(table[key].form, value)];
      const known = Object.entries(table).map(([known_, setting]) => flagOf(known_, setting).slice(2));
      throw new UserError(
        `${path} has a setting ${name}, which there is not here.`,
        `The settings are ${known.join(', ')}.`,
      );
    }),
  );
}

/** All that a file says, as it is. */
export async function readFileOfSettings(path: string): Promise<Raw> {
  const { value } = parseYaml(await readWritten(path, 'a file of settings'), path, 'file of settings');
  if (isFields(value)) return value;
  throw new UserError(`${path} holds no settings.`, 'Write one a line: tokens: 200000');
}

function namesOf(key: string, setting: Setting): string[] {
  return [key, flagOf(key, setting).slice(2), ...(setting.former ?? [])];
}

/** Values as people write them; what is of no such form is left for the check that follows. */
function fromFile(form: Form, value: unknown): unknown {
  if (form.type === 'letter') return typeof value === 'string' ? (letterIndex(value) ?? value) : value;
  if (form.type === 'path') return typeof value === 'string' && !namesSample(value) ? resolve(value) : value;
  if (form.type === 'model') return typeof value === 'string' ? modelName(value) : value;
  if (form.type === 'paths') return Array.isArray(value) ? value.map((path) => resolve(String(path))) : value;
  if (form.type === 'wholes') return typeof value === 'number' ? [value] : value;
  if (form.type === 'amounts' && isFields(value)) {
    return Object.entries(value).map(([letter, weight]) => ({
      letter: letter.toUpperCase(),
      weight,
    }));
  }
  return value;
}

/** What a run was told, as a file that starts the same run: `polymath run FILE`. */
export function settingsFileOf({ kind, ...values }: RunSpec, table: SettingsTable): string {
  const told = Object.entries(values).filter(([, value]) => value !== undefined);
  const shown = told.map(([key, value]) => [key, Object.hasOwn(table, key) ? toFile(table[key].form, value) : value]);
  return stringify({ kind, ...(Object.fromEntries(shown) as Raw) });
}

function toFile(form: Form, value: unknown): unknown {
  if (form.type === 'letter' && typeof value === 'number') return expertLetter(value);
  if (form.type === 'amounts' && Array.isArray(value)) {
    return Object.fromEntries(value.map(({ letter, weight }: { letter: string; weight: number }) => [letter, weight]));
  }
  return value;
}
