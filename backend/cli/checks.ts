import type { Check } from '../protocol/messages';

/** A check as a line, with what mends it below where it failed. */
export function checkLine({ name, ok, optional, found, next }: Check, width = 14): string {
  return `${ok ? '✓' : optional === true ? '·' : '✗'} ${name.padEnd(width)} ${found}${next === '' ? '' : `\n  → ${next}`}\n`;
}
