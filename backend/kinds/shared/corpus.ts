/** The documents of a run's dataset as its models read them. */
import type { Document } from '../../corpus/document';
import { type TokenizedCorpus, tokenizeCorpus } from '../../corpus/tokenized';
import type { LanguageModel } from '../../model/language-model';
import { createRandom } from '../../base/random';
import { type Side, sides } from '../../protocol/records';
import type { IndexedDocument } from '../../store/documents';
import { type DocumentsJob, readSide } from '../../engine/job';

export interface RunDocuments {
  readonly corpus: TokenizedCorpus;
  /** The dataset's index of each document of the corpus' training part. */
  readonly trainIndices: Int32Array;
}

/** Which documents of a side a run reads: all where nothing is said. */
export type SideChoice = Partial<Record<Side, (documents: readonly IndexedDocument[]) => readonly IndexedDocument[]>>;

/** Reads and tokenises the sides named in `choice`; the others are empty. */
export async function readCorpus(job: DocumentsJob, model: LanguageModel, choice: SideChoice): Promise<RunDocuments> {
  const read: Partial<Record<Side, readonly IndexedDocument[]>> = {};
  for (const side of sides) {
    const choose = choice[side];
    if (choose !== undefined) read[side] = choose(await readSide(job, side));
  }
  const part = (side: Side): readonly Document[] => read[side] ?? [];
  const documents = {
    name: job.inputs.dataset.name,
    train: part('train'),
    validation: part('validation'),
    test: part('test'),
  };
  return {
    corpus: await tokenizeCorpus(documents, model.tokenizer, job.watch),
    trainIndices: Int32Array.from(read.train ?? [], ({ index }) => index),
  };
}

/** At most `limit` documents, drawn at random, always the same; their order is kept. */
export function sample(
  limit: number | undefined,
): (documents: readonly IndexedDocument[]) => readonly IndexedDocument[] {
  return (documents) => {
    if (limit === undefined || documents.length <= limit) return documents;
    const drawn = createRandom(samplingSeed).shuffle(documents).slice(0, limit);
    return drawn.sort((a, b) => a.index - b.index);
  };
}

const samplingSeed = 20;

/** The documents of each pile; −1 is none. */
export function pileTexts<D>(documents: readonly D[], piles: Int32Array, k: number): D[][] {
  const texts = Array.from({ length: k }, (): D[] => []);
  documents.forEach((document, d) => piles[d] >= 0 && texts[piles[d]].push(document));
  return texts;
}
