import { UserError } from '../base/errors';
import type { Check } from '../protocol/messages';

/** A check as a line, with what mends it below where it failed. */
export function checkLine({ name, ok, optional, found, next }: Check, width = 14): string {
  return `${ok ? '✓' : optional === true ? '·' : '✗'} ${name.padEnd(width)} ${found}${next === '' ? '' : `\n  → ${next}`}\n`;
}

/** Checks failed that were told already, as lines or as JSON. */
export class FailedChecks extends UserError {
  override readonly name = 'FailedChecks';
}
