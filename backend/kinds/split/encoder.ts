import { SentenceEncoder } from '../../model/sentence-encoder';
import { findEncoder } from '../../model-files/source';
import { usualEncoder } from '../../base/defaults';
import type { SplitSpec } from './spec';

/** The sentence encoder that a split reads documents with; undefined where it does without. Throws UserError where it is not here. */
export async function openEncoder({ method, embedding, encoder }: SplitSpec): Promise<SentenceEncoder | undefined> {
  if (embedding !== 'sentence' || !['kmeans', 'unigram', 'em'].includes(method)) return undefined;
  return SentenceEncoder.open(await findEncoder(encoder ?? usualEncoder));
}
