/** Settings that a review lists, by the kind of their value. */
import { formatCount } from '../format';
import { type Bounds, parseNumber } from './numbers';
import type { Setting } from './review';
import type { Ask } from './steps';

/** A key of `S` whose value is a `V`. */
type KeyOf<S, V> = { [K in keyof S]-?: S[K] extends V ? K : never }[keyof S];

interface NumberSetting extends Bounds {
  readonly label: string;
  /** The question: what the number means, with its unit. */
  readonly prompt: string;
}

export function numberSetting<S>(key: KeyOf<S, number>, { label, prompt, ...bounds }: NumberSetting): Setting<S> {
  const value = (settings: S): number => settings[key] as number;
  return {
    label,
    show: (settings) => formatSetting(value(settings)),
    change: async (ask, settings) => ({
      ...settings,
      [key]: await ask.number({ prompt, value: value(settings), ...bounds }),
    }),
  };
}

/** 12,000, but 0.005. */
export const formatSetting = (value: number): string => (Number.isInteger(value) ? formatCount(value) : String(value));

interface TextSetting {
  readonly label: string;
  readonly prompt: string;
  /** What is told where the text is empty. */
  readonly none: string;
}

/** Empty where nothing is named. */
export function textSetting<S>(key: KeyOf<S, string>, { label, prompt, none }: TextSetting): Setting<S> {
  const value = (settings: S): string => settings[key] as string;
  return {
    label,
    show: (settings) => (value(settings) === '' ? none : value(settings)),
    change: async (ask, settings) => ({ ...settings, [key]: await askText(ask, prompt, value(settings), none) }),
  };
}

function askText(ask: Ask, prompt: string, value: string, placeholder: string): Promise<string> {
  const check = (text: string): string | undefined => (text.length > 200 ? 'Write at most 200 characters.' : undefined);
  return ask.text({ prompt, value, placeholder, check });
}

interface ChoiceSetting<V extends string> {
  readonly label: string;
  readonly placeholder: string;
  readonly choices: Readonly<Record<V, string>>;
}

/** One of a few names, each with what it means. */
export function choiceSetting<S, V extends string>(
  key: KeyOf<S, V>,
  { label, placeholder, choices }: ChoiceSetting<V>,
): Setting<S> {
  const lines = (Object.entries(choices) as [V, string][]).map(([value, text]) => ({ label: text, value }));
  const text = (settings: S): string => choices[settings[key] as V];
  return {
    label,
    show: text,
    change: async (ask, settings) => ({
      ...settings,
      [key]: await ask.pick({ placeholder, lines, active: text(settings) }),
    }),
  };
}

/** Several numbers, separated by commas. */
export function numbersSetting<S>(
  key: KeyOf<S, readonly number[]>,
  { label, prompt, count, ...bounds }: NumberSetting & { readonly count?: number },
): Setting<S> {
  const show = (settings: S): string => (settings[key] as readonly number[]).join(', ');
  const parse = (text: string): (number | string)[] => text.split(',').map((part) => parseNumber(part, bounds));
  const check = (text: string): string | undefined => {
    const parts = parse(text);
    const wrong = parts.find((part) => typeof part === 'string');
    if (wrong !== undefined || count === undefined || parts.length === count) return wrong;
    return `Write ${count} numbers, separated by commas.`;
  };
  return {
    label,
    show,
    change: async (ask, settings) => ({
      ...settings,
      [key]: parse(await ask.text({ prompt, value: show(settings), check })),
    }),
  };
}
