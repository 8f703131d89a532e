/** Every splitting method by its name, as it speaks of itself. What each does is in `table.ts` beside this. */
import type { Raw } from '../../base/settings';
import { emData } from './em/settings';
import { goldData } from './gold/settings';
import { guidedData } from './guided/settings';
import { kmeansData } from './kmeans/settings';
import { methodData, type MethodTable } from './method';
import { randomData } from './random/settings';
import { unigramData } from './unigram/settings';

/** In the order in which people are offered them. */
export const splitMethods = {
  em: emData,
  unigram: unigramData,
  kmeans: kmeansData,
  llm: guidedData,
  random: randomData,
  gold: goldData,
} as const satisfies MethodTable;

/** What a split is called, by its method and settings; one of a method that is not known by its name. */
export function methodLabel(methods: MethodTable, name: string, values: Raw = {}): string {
  const method = methodData(methods, name);
  return method?.labelWith?.(values) ?? method?.label ?? name;
}
