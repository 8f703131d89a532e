/** The rows of a wizard's last question, made from the table of settings of what is to be started. */
import { letterIndex } from '../../backend/base/letter';
import {
  type Amount,
  type Form,
  namingSettings,
  type Raw,
  type Setting,
  type SettingsTable,
} from '../../backend/base/settings';
import { valueText } from '../../backend/base/value-text';
import { parseNumber } from './numbers';
import type { PickList, WrittenLine } from './boxes';
import type { Row } from './review';
import type { Ask, NumberQuestion } from './steps';

/** The questions that a form of its own needs: what `Ask` of the editor can, and what a test answers. */
export interface Questions {
  pick<T>(list: Pick<PickList<T>, 'placeholder' | 'lines' | 'active'>): Promise<T>;
  pickMany<T>(list: Pick<PickList<T>, 'placeholder' | 'lines'>): Promise<readonly T[]>;
  text(line: WrittenLine): Promise<string>;
  number(question: NumberQuestion): Promise<number>;
}

/** What is asked about a value in a way that its form does not tell. */
export interface OwnRow<Q = Ask> {
  readonly show?: (value: unknown, told: Raw) => string;
  /** What stands below it in small print. */
  readonly detail?: (value: unknown, told: Raw) => string | undefined;
  /** Asks for another value; undefined takes back what was said. */
  readonly ask?: (ask: Q, value: unknown, told: Raw) => Promise<unknown>;
  readonly applies?: (told: Raw) => boolean;
}

/** How values of forms are asked for that only the project or this machine knows. */
export type Askers<Q = Ask> = Readonly<Partial<Record<Form['type'], Asker<Q>>>>;
export type Asker<Q = Ask> = (ask: Q, value: unknown, form: Form) => Promise<unknown>;

export interface RowOptions<Q = Ask> {
  readonly askers: Askers<Q>;
  /** What is known beside the settings: numbers of documents and piles. */
  readonly facts?: Raw;
  /** By key. */
  readonly own?: Readonly<Record<string, OwnRow<Q>>>;
  /** Settings that are answered already. */
  readonly without?: readonly string[];
}

/** The keys that have a row, of those that apply or may apply. */
export function rowKeys(table: SettingsTable, without: readonly string[] = []): string[] {
  return Object.entries(table).flatMap(([key, { subject }]) =>
    subject === true || without.includes(key) ? [] : [key],
  );
}

/** A row for every setting that is no subject. What was not told shows what is done without it. */
export function rowsOf<Q extends Questions = Ask>(
  table: SettingsTable,
  { askers, facts = {}, own = {}, without }: RowOptions<Q>,
): Row<Raw, Q>[] {
  const applies = (key: string, told: Raw): boolean =>
    (own[key]?.applies ?? table[key]?.applies ?? always)({ ...facts, ...told });
  return rowKeys(table, without).map((key) => {
    const setting = table[key];
    const { show, detail, ask } = own[key] ?? {};
    const asker = askers[setting.form.type];
    return {
      key,
      label: setting.label,
      detail: detail && ((told) => detail(told[key], told)),
      applies: (told) => applies(key, told),
      show: (told) => show?.(told[key], told) ?? shownValue(setting, told[key], { ...facts, ...told }),
      change: async (below, told) => {
        const value = await (ask?.(below, told[key], told) ??
          asker?.(below, told[key], setting.form) ??
          askValue(below, setting, told[key], { ...facts, ...told }));
        const { [key]: _, ...others } = told;
        const changed = value === undefined ? others : { ...others, [key]: value };
        // What means nothing any more has no row in which it could be taken back.
        return Object.fromEntries(
          Object.entries(changed).filter(([other]) => other === key || applies(other, changed)),
        );
      },
    };
  });
}

const always = (): boolean => true;

/** What is told, else what is done without it. */
function shownValue(
  { form, default: usual, usual: dependent, otherwise }: Setting,
  value: unknown,
  values: Raw,
): string {
  const taken = value ?? usual ?? dependent?.(values);
  return taken === undefined ? (otherwise ?? 'not set') : valueText(form, taken);
}

/** Asks for a value of a form; undefined where nothing is to be told. */
async function askValue(ask: Questions, setting: Setting, value: unknown, values: Raw): Promise<unknown> {
  const { form, help, otherwise } = setting;
  const prompt = capitalised(namingSettings(help, () => undefined).replaceAll(/[{}]/g, ''));
  const taken = value ?? setting.default ?? setting.usual?.(values);
  const optional = setting.default === undefined && setting.required !== true;
  if (form.type === 'choice' || form.type === 'flag') {
    const choices =
      form.type === 'flag'
        ? [
            ['true', 'yes'],
            ['false', 'no'],
          ]
        : Object.entries(form.choices);
    const lines = choices.map(([name, label]) => ({ label, value: name }));
    const active = taken === undefined ? undefined : valueText(form, taken);
    const chosen = await ask.pick({ placeholder: prompt, lines, active });
    return form.type === 'flag' ? chosen === 'true' : chosen;
  }
  if (form.type === 'choices') {
    const lines = Object.entries(form.choices).map(([name, label]) => ({
      label,
      value: name,
      // What takes all where nothing is told begins with all of them.
      picked: taken === undefined || (Array.isArray(taken) && taken.includes(name)),
    }));
    const chosen = await ask.pickMany({ placeholder: prompt, lines });
    if (chosen.length === lines.length && optional) return undefined;
    return chosen.length === 0 ? taken : chosen;
  }
  if ((form.type === 'whole' || form.type === 'number') && typeof taken === 'number') {
    return ask.number({
      prompt,
      value: taken,
      least: form.least,
      most: bound(form.most),
      whole: form.type === 'whole',
    });
  }
  const text = await ask.text({
    prompt,
    value: taken === undefined ? '' : valueText(form, taken).replaceAll(/(\d),(\d{3})/g, '$1$2'),
    placeholder: otherwise ?? '',
    check: (written) => {
      if (written.trim() === '' && optional) return undefined;
      const parsed = parseValue(form, written);
      return parsed instanceof Wrong ? parsed.message : undefined;
    },
  });
  return text.trim() === '' && optional ? undefined : parseValue(form, text);
}

const bound = (most: number): number => (most === Number.MAX_SAFE_INTEGER ? Infinity : most);
const capitalised = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** What a person wrote is not of the form. */
class Wrong {
  constructor(readonly message: string) {}
}

function parseValue(form: Form, text: string): unknown {
  switch (form.type) {
    case 'whole':
    case 'number':
      return numberOf(text, form.least, form.most, form.type === 'whole');
    case 'wholes': {
      const parts = text.split(',').map((part) => numberOf(part, form.least, form.most, true));
      return parts.find((part) => part instanceof Wrong) ?? parts;
    }
    case 'letter':
      return letterIndex(text.trim()) ?? new Wrong('Write the letter of a pile, such as B.');
    case 'text':
      return text.length > Math.min(form.longest, 4096) ? new Wrong(`Write at most ${form.longest} characters.`) : text;
    case 'amounts': {
      const parts = text.split(',').map(amountOf);
      return parts.find((part) => part instanceof Wrong) ?? parts;
    }
    case 'paths':
      return text.split(',').map((part) => part.trim());
    case 'choice':
    case 'choices':
    case 'flag':
    case 'path':
    case 'model':
    case 'id':
      return text;
  }
}

function amountOf(part: string): Amount | Wrong {
  const [letter, weight = ''] = part.split('=');
  const number = parseNumber(weight, { least: -Infinity, whole: false });
  if (letterIndex(letter.trim()) === undefined || typeof number === 'string') {
    return new Wrong('Write a number for each letter: A=0.7, B=0.3.');
  }
  return { letter: letter.trim().toUpperCase(), weight: number };
}

function numberOf(text: string, least: number, most: number, whole: boolean): number | Wrong {
  const number = parseNumber(text, { least, most: bound(most), whole });
  return typeof number === 'string' ? new Wrong(number) : number;
}

interface NumbersQuestion {
  readonly prompt: string;
  /** As many are asked for as there are now. */
  readonly value: readonly number[];
  readonly least: number;
  readonly most: number;
}

/** Several numbers, separated by commas. */
export async function numbersOf(
  ask: Pick<Questions, 'text'>,
  { prompt, value, least, most }: NumbersQuestion,
): Promise<number[]> {
  const parse = (text: string): (number | Wrong)[] => text.split(',').map((part) => numberOf(part, least, most, false));
  const check = (text: string): string | undefined => {
    const parts = parse(text);
    const wrong = parts.find((part) => part instanceof Wrong);
    if (wrong !== undefined || parts.length === value.length) return wrong?.message;
    return `Write ${value.length} numbers, separated by commas.`;
  };
  return parse(await ask.text({ prompt, value: value.join(', '), check })).filter((part) => typeof part === 'number');
}
