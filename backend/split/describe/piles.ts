import type { TokenizedDocument } from '../../corpus/tokenized';
import { buildVocabulary, countWords } from '../features/word-counts';
import type { PileSummary } from '../result';
import { characteristicTerms, pileName, withoutMarkup } from './terms';

/** What people see of piles, named by their own words. */
export function summarisePiles(
  documents: readonly TokenizedDocument[],
  { assignments, k }: { readonly assignments: Int32Array; readonly k: number },
): PileSummary[] {
  const texts = documents.map(({ text }) => withoutMarkup(text));
  const vocabulary = buildVocabulary(texts);
  const terms = characteristicTerms(countWords(texts, vocabulary), vocabulary, assignments, k);
  const sizes = new Array<number>(k).fill(0);
  for (const pile of assignments) sizes[pile]++;
  return terms.map((list, pile) => ({
    name: sizes[pile] === 0 ? 'empty' : pileName(list),
    size: sizes[pile],
    terms: list.map(({ word }) => word),
  }));
}
