/** Numbers as Python reads and rounds them. */
import { strip } from './python';
import { Float } from './values';

/** `int` of a text, which may be a float; undefined where it is no number. */
export function parsedNumber(text: string, base: number): number | undefined {
  const bare = strip('strip', text).replaceAll(/(?<=[\da-z])_(?=[\da-z])/giu, '');
  const digits = bare
    .replace(/^[-+]/u, '')
    .replace(base === 16 ? /^0x/iu : base === 2 ? /^0b/iu : base === 8 ? /^0o/iu : /^$/u, '');
  const allowed = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
  if (digits !== '' && Array.from(digits.toLowerCase()).every((digit) => allowed.includes(digit))) {
    return Number.parseInt(digits, base) * (bare.startsWith('-') ? -1 : 1);
  }
  return parsedFloat(bare);
}

/** `float` of a text; undefined where it is no number. */
export function parsedFloat(text: string): number | undefined {
  const bare = strip('strip', text).toLowerCase();
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/u.test(bare)) return Number(bare);
  const special = /^([-+]?)(inf(?:inity)?|nan)$/u.exec(bare);
  if (special === null) return undefined;
  return special[2] === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity;
}

/** A number rounded to so many decimal places, halves to the even side. */
export function roundedTo(value: number, places: number): Float {
  if (places < 0) return new Float(halvesToEven(value / 10 ** -places) * 10 ** -places);
  // All digits of the number as it is: 2.675 is less than a half.
  const digits = value.toFixed(100);
  const point = digits.indexOf('.') + 1;
  const isHalf = /^50*$/u.test(digits.slice(point + places));
  if (!Number.isFinite(value) || !isHalf) return new Float(Number(value.toFixed(Math.min(100, places))));
  return new Float(halvesToEven(value * 10 ** places) / 10 ** places);
}

function halvesToEven(value: number): number {
  return Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
}
