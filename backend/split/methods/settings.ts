/** Every splitting method by its name, as it speaks of itself. What each does is in `table.ts` beside this. */
import type { Raw } from '../../base/settings';
import { em } from './em/settings';
import { gold } from './gold/settings';
import { guided } from './guided/settings';
import { kmeans } from './kmeans/settings';
import { methodData, type MethodTable } from './method';
import { random } from './random/settings';
import { unigram } from './unigram/settings';

/** In the order in which people are offered them. */
export const splitMethods = { em, unigram, kmeans, llm: guided, random, gold } as const satisfies MethodTable;

/** What a split is called, by its method and settings; one of a method that is not known by its name. */
export function methodLabel(methods: MethodTable, name: string, values: Raw = {}): string {
  const method = methodData(methods, name);
  return method?.labelWith?.(values) ?? method?.label ?? name;
}
