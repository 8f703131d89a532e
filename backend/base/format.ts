const group = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const minus = (text: string): string => text.replace('-', '\u2212');

/** 12,345. */
export const formatCount = (value: number): string => minus(group.format(value));

/** "1 document", "12,345 documents"; where it takes more than an s, its plural is given. */
export const formatNumber = (count: number, noun: string, plural = `${noun}s`): string =>
  `${formatCount(count)} ${count === 1 ? noun : plural}`;

/** "1 document", "3 documents": of a noun in its plural, as units of progress are. */
export const formatPlural = (count: number, plural: string): string =>
  formatNumber(count, plural.replace(/(?<=..)s$/, ''), plural);

/** 4.4 M, 812 k, 950. */
export function formatShort(value: number): string {
  for (const [size, unit] of [[1e9, 'G'] as const, [1e6, 'M'] as const, [1e4, 'k'] as const]) {
    const scaled = value / (unit === 'k' ? 1e3 : size);
    if (value >= size) return `${scaled < 10 ? scaled.toFixed(1) : scaled.toFixed(0)} ${unit}`;
  }
  return formatCount(value);
}

/** A perplexity with about four significant digits. */
export function formatPerplexity(value: number): string {
  if (value >= 1000) return formatCount(value);
  return value.toFixed(value >= 100 ? 1 : 2);
}

const plain = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 10, useGrouping: false });

/** A number as it was meant, in decimal: 0.005, 0.0000001; no exponent, no 0.30000000000000004. */
export const decimal = (value: number): string => plain.format(value);

/** Nats, bits and scores: fixed decimals and a real minus sign. */
export const formatFixed = (value: number, decimals = 3): string => minus(value.toFixed(decimals));

/** A difference: the sign always shows. */
export function formatSigned(value: number, decimals = 3): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? (0).toFixed(decimals) : value > 0 ? `+${text}` : minus(text);
}

export const formatPercent = (value: number): string => {
  const percent = value * 100;
  return percent > 0 && percent < 1 ? '<1 %' : `${percent.toFixed(0)} %`;
};

/** The words around an estimate: whether it is one or a bound, and by what it was corrected. */
export function toldOfEstimate({
  atMost,
  correction,
}: {
  readonly atMost?: boolean | undefined;
  readonly correction?: { readonly runs: number } | undefined;
}): { readonly about: 'about' | 'at most'; readonly corrected: string | undefined } {
  const about = atMost === true ? 'at most' : 'about';
  if (correction === undefined) return { about, corrected: undefined };
  return { about, corrected: `corrected by what ${correction.runs} runs here took` };
}

/** P(pile | document), 0.873; a method is never certain of it. */
export const formatConfidence = (p: number): string => (p >= 0.9995 ? '> 0.999' : p.toFixed(3));

/** 0.4 s, 12 s, 3 min 07 s, 2 h 05 min. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** "one", "two" … for running text. */
export function formatNumeral(value: number): string {
  const words = [
    'no',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
    'ten',
    'eleven',
    'twelve',
  ];
  return words[value] ?? formatCount(value);
}

/** "a", "a and b", "a, b and c". */
export function formatList(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

/** Round numbers that cover a range, at most about `wanted` of them. */
export function ticks(low: number, high: number, wanted = 4): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / wanted));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= wanted) ?? 10 * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** The fewest decimals that tell these values apart. */
export function decimalsFor(values: readonly number[]): number {
  const distinct = new Set(values).size;
  for (let decimals = 0; decimals < 6; decimals++) {
    const exact = values.every((value) => Math.abs(value - Number(value.toFixed(decimals))) < 1e-9);
    if (exact && new Set(values.map((value) => value.toFixed(decimals))).size === distinct) return decimals;
  }
  return 6;
}

/** 0.3 MiB, 850 MiB, 1.3 GiB. */
export function formatMemory(mebibytes: number): string {
  if (mebibytes >= 1000) return `${(mebibytes / 1024).toFixed(1)} GiB`;
  return `${mebibytes < 9.95 ? mebibytes.toFixed(1) : Math.round(mebibytes)} MiB`;
}
