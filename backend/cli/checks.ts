import type { Check } from '../protocol/messages';

/** A check as a line, with what mends it below where it failed. */
export function checkLine({ name, ok, found, next }: Check, width = 14): string {
  return `${ok ? '✓' : '✗'} ${name.padEnd(width)} ${found}${next === '' ? '' : `\n  → ${next}`}\n`;
}
