import assert from 'node:assert/strict';
import type { DocumentScore } from '../../backend/evaluate/statistics';

export const score = (
  id: string,
  domain: string | undefined,
  nll: number,
  tokens: number,
  bytes = 4 * tokens,
): DocumentScore => ({
  id,
  domain,
  nll,
  tokens,
  bytes,
});

export const near = (actual: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
