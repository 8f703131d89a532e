/** What templates written for Python expect of strings and clocks. */

/** Python's white space, as regular expressions write it: not quite JavaScript's. */
export const whiteSpace = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

export type StripSide = 'strip' | 'lstrip' | 'rstrip';

/** `str.strip`, `str.lstrip` and `str.rstrip`: without white space, or without any of the given characters, at the ends. */
export function strip(side: StripSide, text: string, characters?: string | null): string {
  const set = characters == null ? whiteSpace : characters.replaceAll(/[\\\]^-]/gu, String.raw`\$&`);
  if (set === '') return text;
  const left = side === 'rstrip' ? 0 : (new RegExp(`^[${set}]*`, 'u').exec(text)?.[0].length ?? 0);
  if (side === 'lstrip') return text.slice(left);
  const outside = new RegExp(`[${set}]`, 'u');
  const letters = Array.from(text.slice(left));
  while (letters.length > 0 && outside.test(letters[letters.length - 1])) letters.pop();
  return letters.join('');
}

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** `datetime.strftime` in local time, in English; a directive that is not known stays as it is. */
export function strftime(date: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const year = date.getFullYear();
  const hour = date.getHours();
  const midnight = (y: number, month: number, day: number): number => Date.UTC(y, month, day);
  const dayOfYear = (midnight(year, date.getMonth(), date.getDate()) - midnight(year, 0, 0)) / 86_400_000;
  const directives: Readonly<Record<string, string>> = {
    Y: String(year),
    y: two(year % 100),
    m: two(date.getMonth() + 1),
    d: two(date.getDate()),
    B: months[date.getMonth()],
    b: months[date.getMonth()].slice(0, 3),
    A: days[date.getDay()],
    a: days[date.getDay()].slice(0, 3),
    H: two(hour),
    I: two(hour % 12 || 12),
    p: hour < 12 ? 'AM' : 'PM',
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    j: String(dayOfYear).padStart(3, '0'),
    '%': '%',
  };
  return format.replaceAll(/%(-?)([A-Za-z%])/gu, (whole, bare: string, letter: string) => {
    const value = Object.hasOwn(directives, letter) ? directives[letter] : whole;
    return bare === '' ? value : value.replace(/^0+(?=.)/u, '');
  });
}
