/** How experts are merged, and which settings go together. */
import {
  between,
  choice,
  type Raw,
  type Rule,
  seedSetting,
  type SettingsTable,
  type Wanted,
} from '../../base/settings';
import type { Ground, MergeData, MergeValues } from '../../model/merging/method';
import { mergeData } from '../../model/merging/settings';

const all: readonly (readonly [string, MergeData])[] = Object.entries(mergeData);
const methods: ReadonlyMap<unknown, MergeData> = new Map(all);
const usualMethod = 'linear';
const usualDensity = 0.5;

/** The method of a merge; what is no name of one was not checked yet. */
export const methodOf = ({ method }: Raw): MergeData => methods.get(method) ?? mergeData[usualMethod];

/** On what the method works. */
export const groundOf = (values: Raw): Ground => {
  const { grounds } = methodOf(values);
  return grounds.find((ground) => ground === values.on) ?? grounds[0];
};

const takes =
  (key: keyof MergeValues | 'seed') =>
  (values: Raw): boolean =>
    methodOf(values).takes.includes(key);

/** What of a merge stays in two factors. */
const isAdapter = (values: Raw): boolean => groundOf(values) === 'factors';

const own = {
  density: {
    form: between(0.0001, 1),
    label: 'Density',
    help: 'share of what each expert changes that stays: the largest changes, or with DARE any',
    usual: (values: Raw) => methodOf(values).density ?? usualDensity,
    applies: takes('density'),
  },
  sign: {
    form: choice({ total: 'the sum of all changes', frequency: 'the number of experts' }),
    label: 'Election of Signs',
    help: 'what decides between rising and falling, number by number',
    usual: () => 'total' as const,
    applies: takes('sign'),
  },
  t: {
    form: between(0, 1),
    label: 'Place between Both',
    help: 'where between two experts: 0 is the first, 1 the second',
    otherwise: 'by the weights',
    applies: takes('t'),
  },
} as const satisfies SettingsTable;

export const mergeSettings = {
  method: {
    form: choice(Object.fromEntries(all.map(([name, { label }]) => [name, label]))),
    label: 'Method',
    help: 'how experts are combined',
    default: usualMethod,
  },
  on: {
    form: choice<Ground>({
      weights: 'whole weights',
      deltas: 'what experts change of each weight',
      factors: "adapters' two factors, each by itself",
    }),
    label: 'Combined',
    help: 'what of the experts is combined',
    usual: ({ method }: Raw) => groundOf({ method }),
    applies: (values: Raw) => methodOf(values).grounds.length > 1,
  },
  ...own,
  as: {
    form: choice({ model: 'a model', adapter: 'an adapter on the base model' }),
    label: 'Written as',
    help: 'what is written: a model, or an adapter on the base model, where the result is one',
    default: 'model',
    applies: isAdapter,
  },
  dtype: {
    form: choice({
      float16: 'float16',
      bfloat16: 'bfloat16',
      float32: 'float32',
      q8_0: '8 bits, in a GGUF file',
      q4_0: '4 bits, in a GGUF file',
    }),
    label: 'Precision',
    help: "what a model's weights are written in",
    default: 'float16',
    applies: ({ as }: Raw) => as !== 'adapter',
  },
  seed: { ...seedSetting, applies: takes('seed') },
} as const satisfies SettingsTable;

const namesWith = (fits: (method: MergeData) => boolean): string =>
  all.flatMap(([name, method]) => (fits(method) ? [name] : [])).join(', ');

/** What a method does not take is refused with it, by its flag. */
export const mergeRules: readonly Rule[] = [
  ...all.flatMap(([name, method]) =>
    (['density', 'sign', 't'] as const)
      .filter((key) => !method.takes.includes(key))
      .map((key) => ({
        broken: (values: Raw) => methodOf(values) === method && values[key] !== undefined,
        message: `{${key}} means nothing to {method} ${name}.`,
        next: `Leave it out, or choose a method that takes it: ${namesWith(({ takes }) => takes.includes(key))}.`,
      })),
  ),
  ...all.map(([name, method]) => ({
    broken: (values: Raw) =>
      methodOf(values) === method && values.on !== undefined && !method.grounds.some((on) => on === values.on),
    message: `{method} ${name} works on ${method.grounds.join(' or ')} alone.`,
    next: `Leave out {on}, or say {on} ${method.grounds[0]}.`,
  })),
  {
    broken: ({ dtype, path }) => (dtype === 'q8_0' || dtype === 'q4_0') && path !== undefined && !isGguf(path),
    message: 'Weights in 8 or 4 bits are written in GGUF files alone.',
    next: 'Name a file that ends with .gguf, or another precision ({dtype} float16).',
  },
  {
    broken: (values) => values.as === 'adapter' && !isAdapter(values),
    message: 'What this makes of the weights is no adapter: it has no two factors.',
    next: 'Write a model ({as} model), combine the factors ({on} factors), or let the ranks add up ({method} cat).',
  },
];

/** Whether a GGUF file is written, which its name tells, and not a folder. */
export const isGguf = (path: unknown): boolean => typeof path === 'string' && /\.gguf$/i.test(path);

/** The file beside a GGUF file by which Ollama makes a model of it. */
export const modelfileOf = (path: string): string => path.replace(/\.gguf$/i, '.Modelfile');

/** What the method is told, with what is usual. */
export function mergeValues(values: Raw & Wanted<typeof own>): MergeValues {
  const { density = own.density.usual(values), sign = own.sign.usual(), t } = values;
  return { density, sign, t };
}

/** How experts are merged, beside their weights: the method, on what, and the values that it takes. */
export function howOf(
  spec: Raw & Wanted<typeof own> & { readonly seed: number },
): Readonly<Record<string, string | number>> {
  const values = { ...mergeValues(spec), seed: spec.seed };
  const how: Record<string, string | number> = { method: String(spec.method), on: groundOf(spec) };
  for (const key of methodOf(spec).takes) {
    const value = values[key];
    if (value !== undefined) how[key] = value;
  }
  return how;
}

/** How much of each of so many experts counts where nobody says. */
export const usualWeight = (values: Raw, count: number): number =>
  methodOf(values).usualWeight?.(groundOf(values), count) ?? 1 / count;
