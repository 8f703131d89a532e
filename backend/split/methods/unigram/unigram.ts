import { renamed } from '../../../base/progress';
import type { Values } from '../../../base/settings';
import { sentenceVectors } from '../../features/sentence-features';
import type { besideWordsSettings } from '../../features/settings';
import { buildVocabulary, countWords, requireSharedWords, type Vocabulary } from '../../features/word-counts';
import type { Found } from '../../result';
import type { SplitMethod, SplitTask } from '../split-method';
import { unigramData as data } from './settings';
import {
  fitUnigramMixture,
  type UnigramEmSettings,
  unigramLoss,
  type UnigramMixture,
  unigramPosteriors,
} from './unigram-em';

/** A mixture of unigrams (Nigam et al. 2000), with the vectors of sentences a mixture of words and directions. */
export const unigram: SplitMethod<typeof besideWordsSettings> = {
  ...data,
  run,
  estimate: ({ k, documents, work }) => work.onTexts(documents.train, (texts) => unigramByWords(texts, { k, seed: 1 })),
};

async function run(task: SplitTask, values: Values<typeof besideWordsSettings>): Promise<Found> {
  const { corpus, k, seed, groups, from, watch } = task;
  const vectors = await sentenceVectors(task, values);
  const { assignments, posteriors, rounds, restarts, loss } = await unigramByWords(
    corpus.train.map(({ text }) => text),
    {
      k,
      seed,
      groups,
      ...(from && { start: from.assignments }),
      ...(vectors && { vectors }),
      watch: renamed(watch, 'Splitting by unigram EM'),
    },
  );
  const validationLoss = loss(corpus.validation.map(({ text }) => text));
  return {
    assignments,
    posteriors,
    rounds: rounds.map((round, i) => (i === rounds.length - 1 ? { ...round, validationLoss } : round)),
    settings: { restarts, ...(vectors && { embedding: 'sentence' }) },
  };
}

/** A mixture with what judges texts. */
export interface UnigramPiles extends UnigramMixture {
  readonly vocabulary: Vocabulary;
  readonly restarts: number;
  /** P(pile | text) of new texts, `[N, k]`; `bestPiles` makes piles of them. */
  readonly predict: (texts: readonly string[]) => Float32Array;
  /** Nats per word of new texts under the mixture of all piles. */
  readonly loss: (texts: readonly string[]) => number;
}

/**
 * Mixture of unigrams by annealed EM; with `vectors` of the texts, of words and directions. New texts are judged by their words. Throws
 * UserError where texts are fewer than piles, or no two share a word.
 */
export async function unigramByWords(texts: readonly string[], settings: UnigramEmSettings): Promise<UnigramPiles> {
  const { restarts = 5 } = settings;
  const vocabulary = buildVocabulary(texts);
  requireSharedWords(vocabulary);
  const mixture = await fitUnigramMixture(countWords(texts, vocabulary), { ...settings, restarts });
  return {
    ...mixture,
    vocabulary,
    restarts,
    predict: (unseen) => unigramPosteriors(mixture.model, countWords(unseen, vocabulary)),
    loss: (unseen) => unigramLoss(mixture.model, countWords(unseen, vocabulary)),
  };
}
