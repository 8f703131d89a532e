import { formatCount } from '../format';

export interface Bounds {
  readonly least: number;
  readonly most?: number;
  readonly whole?: boolean;
}

/** The number that a person wrote (12000, 12,000 or 1e-3), or what is wrong with it. */
export function parseNumber(text: string, { least, most = Infinity, whole = true }: Bounds): number | string {
  const number = Number(text.replace(/[\s,_]/g, ''));
  const fits = /\d/.test(text) && number >= least && number <= most && (!whole || Number.isInteger(number));
  return fits ? number : `Write ${whole ? 'a whole number' : 'a number'} ${range(least, most)}.`;
}

function range(least: number, most: number): string {
  const show = (value: number): string => (Number.isInteger(value) ? formatCount(value) : String(value));
  return most === Infinity ? `of ${show(least)} or more` : `from ${show(least)} to ${show(most)}`;
}
