/** What a schema finds wrong, in words that do not need to know of schemas. */
import type { z } from 'zod';
import { decimal } from './format';

const expected: Readonly<Record<string, string>> = {
  string: 'a text is needed',
  number: 'a number is needed',
  int: 'a whole number is needed',
  boolean: 'true or false is needed',
  array: 'a list is needed',
  object: 'fields with values are needed',
};

const counted: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

const missing = 'it is missing';

/** "a whole number is needed", "200 is the most". */
export function reasonOf(issue: z.core.$ZodIssue): string {
  const { code } = issue;
  if (code === 'invalid_type') {
    if (issue.message.endsWith('received undefined')) return missing;
    return expected[issue.expected] ?? issue.message;
  }
  if (code === 'too_big') return bound(issue.origin, issue.maximum, 'most', issue.inclusive);
  if (code === 'too_small') return bound(issue.origin, issue.minimum, 'least', issue.inclusive);
  if (code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')} is needed`;
  if (code === 'unrecognized_keys') return `there is no ${issue.keys.join(', ')} here`;
  return issue.message;
}

function bound(origin: string, value: number | bigint, which: 'most' | 'least', inclusive = true): string {
  const limit = typeof value === 'bigint' ? String(value) : decimal(value);
  if (!inclusive) return `it must be ${which === 'most' ? 'less' : 'more'} than ${limit}${counted[origin] ?? ''}`;
  const [noun, verb] = counted[origin] === undefined ? ['', 'is'] : [counted[origin], 'are'];
  return `${limit}${noun} ${verb} the ${which}`;
}

/** "limit has a value that cannot be used: 1000 is the most." */
export function faultAt(place: string, issue: z.core.$ZodIssue): string {
  const reason = reasonOf(issue);
  return reason === missing ? `${place} is missing.` : `${place} has a value that cannot be used: ${reason}.`;
}

/** The first of what is wrong. */
export function firstFault({ issues }: z.ZodError): string {
  const [issue] = issues;
  const place = issue.path.map(String).join('.');
  return faultAt(place === '' ? 'This' : place, issue);
}
