/** What a table of settings demands of values. */
import { z } from 'zod';
import { faultAt, reasonOf } from './issues';
import { UserError } from './errors';
import {
  flagOf,
  type Form,
  modelToday,
  type Raw,
  type Rule,
  type Setting,
  type SettingsTable,
  type Values,
} from './settings';

/** The schema of one value. Ids are checked by their beginning: what they name, the store knows. */
function schemaOfForm(form: Form): z.ZodType {
  switch (form.type) {
    case 'whole':
      return z.int().min(form.least).max(form.most);
    case 'number':
      return z.number().min(form.least).max(form.most);
    case 'choice':
      return z.enum(Object.keys(form.choices) as [string, ...string[]]);
    case 'choices': {
      const named = z.enum(Object.keys(form.choices) as [string, ...string[]]);
      return z.array(form.spelled === undefined ? named : namedOrSpelled(named, form.spelled)).min(1);
    }
    case 'flag':
      return z.boolean();
    case 'text':
      return z.string().min(form.shortest).max(form.longest);
    case 'path':
      return z.string().min(1).max(longestPath);
    case 'model':
      return z.string().min(1).max(longestPath).transform(modelToday);
    case 'id':
      return z.string().regex(new RegExp(`^${form.of}-[0-9a-z]+$`), `an id that begins with ${form.of}-`);
    case 'wholes':
      return z.array(z.int().min(form.least).max(form.most)).min(1).max(form.longest);
    case 'paths':
      return z.array(z.string().min(1).max(longestPath)).min(1).max(form.longest);
    case 'letter':
      return z.int().nonnegative();
    case 'amounts':
      return z.array(z.strictObject({ letter: z.string().min(1).max(8), weight: z.number() })).min(1);
  }
}

/** What is no name is held to the table, and told by it where something is wrong. */
function namedOrSpelled(named: z.ZodEnum, table: SettingsTable): z.ZodType {
  const spelled = schemaOf(table);
  return z.unknown().transform((value, context) => {
    const parsed = (typeof value === 'object' ? spelled : named).safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      context.addIssue({ code: 'custom', message: reasonOf(issue), path: [...issue.path] });
    }
    return z.NEVER;
  });
}

const longestPath = 4096;

function schemaOfSetting({ form, default: value, required }: Setting): z.ZodType {
  const schema = schemaOfForm(form);
  if (value !== undefined) return schema.default(value);
  return required === true ? schema : schema.optional();
}

/** The schema of a setting: a default fills it in, what is required must be there. */
type SchemaOf<S, T> = S extends { readonly default: unknown }
  ? z.ZodDefault<z.ZodType<T, T>>
  : S extends { readonly required: true }
    ? z.ZodType<T, T>
    : z.ZodOptional<z.ZodType<T, T>>;

/** The schemas of a table's settings by key, to stand beside others in an object. */
export function shapeOf<const S extends SettingsTable>(
  table: S,
): { readonly [K in keyof S]: SchemaOf<S[K], Exclude<Values<S>[K & keyof Values<S>], undefined>> } {
  const shape = Object.fromEntries(Object.entries(table).map(([key, setting]) => [key, schemaOfSetting(setting)]));
  return shape as ReturnType<typeof shapeOf<S>>;
}

/** Nothing besides the settings of the table is let through. */
export function schemaOf<S extends SettingsTable>(table: S): z.ZodType<Values<S>> {
  return z.strictObject(shapeOf(table)) as unknown as z.ZodType<Values<S>>;
}

/**
 * Values as a run is told them: keys of earlier versions under their new names, defaults filled in. Throws UserError that names the
 * settings at fault, as `{key}`, where a value cannot be used, a setting is not known, or two do not go together.
 */
export function readValues<S extends SettingsTable>(table: S, given: Raw, rules: readonly Rule[] = []): Values<S> {
  const parsed = schemaOf(table).safeParse(withNewNames(table, given));
  if (!parsed.success) throw refusal(table, parsed.error.issues);
  const values = parsed.data;
  const broken = rules.find((rule) => rule.broken(values));
  if (broken !== undefined) throw new UserError(broken.message, broken.next);
  return values;
}

/** Keys that settings had in earlier versions become today's. */
export function withNewNames(table: SettingsTable, given: Raw): Raw {
  const names = new Map(Object.entries(table).flatMap(([key, { former = [] }]) => former.map((old) => [old, key])));
  const told = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    told.map(([key, value]) => [Object.hasOwn(table, key) ? key : (names.get(key) ?? key), value]),
  );
}

function refusal(table: SettingsTable, issues: readonly z.core.$ZodIssue[]): UserError {
  const [issue] = issues;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.entries(table).map(([key, setting]) => flagOf(key, setting).slice(2));
    return new UserError(`There is no setting ${issue.keys.join(', ')} here.`, `The settings are ${known.join(', ')}.`);
  }
  const [key, ...rest] = issue.path.map(String);
  const place = rest.length === 0 ? '' : ` (${rest.join('.')})`;
  const next = 'Give another value, or leave it out.';
  return new UserError(faultAt(`{${key}}${place}`, issue), next);
}
