import { randomInt } from 'node:crypto';
import type { IdKind } from '../protocol/records';

const digits = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A new id of this kind: 62 random bits, so that two projects that are joined one day do not collide. */
export function newId(kind: IdKind): string {
  return `${kind}-${Array.from({ length: 12 }, () => digits[randomInt(digits.length)]).join('')}`;
}
