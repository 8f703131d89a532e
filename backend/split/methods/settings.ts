/** Every splitting method by its name, as it speaks of itself. What each does is in `table.ts` beside this. */
import { formatCount } from '../../base/format';
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

/** Experts that learn from fewer training documents, or from less text, know less of them than their words tell. */
const enoughForExperts = { documents: 100, bytes: 20_000 };

/** The method for a corpus where none is named, and why; both for people and for whoever starts a split. */
export function usualMethod(corpus: { readonly documents: number; readonly textBytes: number }): {
  readonly method: 'em' | 'unigram';
  readonly why: string;
} {
  const { documents, bytes } = enoughForExperts;
  if (corpus.documents < documents) {
    return {
      method: 'unigram',
      why: `below ${formatCount(documents)} training documents words tell more than experts`,
    };
  }
  if (corpus.textBytes < bytes) {
    return {
      method: 'unigram',
      why: `experts learn too little from ${formatCount(corpus.textBytes)} bytes of text`,
    };
  }
  return {
    method: 'em',
    why: `${formatCount(corpus.documents)} training documents are enough for experts`,
  };
}

/** What a split is called, by its method and settings; one of a method that is not known by its name. */
export function methodLabel(methods: MethodTable, name: string, values: Raw = {}): string {
  const method = methodData(methods, name);
  return method?.labelWith?.(values) ?? method?.label ?? name;
}
