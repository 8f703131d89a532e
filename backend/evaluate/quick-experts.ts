/** What a split is worth where no gold domains tell: how well experts that learned little from its piles predict held-out documents. */
import { randomPiles } from '../split/methods/random/random';
import type { SplitResult } from '../split/result';
import type { TokenizedCorpus } from '../corpus/tokenized';
import { expertCodec } from '../model/experts/forms';
import { once, plainCodec } from '../base/checkpoint';
import type { Watch } from '../base/progress';
import { defaultTraining } from '../train/settings';
import type { Computing } from './computing';
import { aggregatePerplexity } from './statistics';
import { scoreMixtures, trainCommonAdapter, trainSplit } from './systems';
import { bestSingleWeights } from '../mixing/weightings/best-single/best-single';

export interface QuickFigures {
  /** Per token of the held-out documents, each read by the expert that its beginning chooses. */
  readonly perplexity: number;
  /** The same for as many random piles: what the split has to be better than. */
  readonly randomPerplexity: number;
}

/** Trains experts of the piles, and of random piles, on `tokens` each, from one common beginning. */
export async function quickExperts(
  computing: Computing,
  corpus: TokenizedCorpus,
  { assignments, k, seed }: Pick<SplitResult, 'assignments' | 'k' | 'seed'>,
  tokens: number,
  watch: Watch,
): Promise<QuickFigures> {
  const settings = { tokensPerSystem: tokens, training: { ...defaultTraining, seed } };
  const heldOut = { ...corpus, test: corpus.validation };
  const common = await once(watch, 'quick common', expertCodec(computing.model.config), (part) =>
    trainCommonAdapter(computing, heldOut, settings, part),
  );
  const worth = (name: string, piles: Int32Array): Promise<number> =>
    once(watch, name, plainCodec<number>(), async (part) => {
      const split = { name, assignments: piles, k };
      const experts = await trainSplit(computing, heldOut, split, { ...settings, common }, part);
      const routed = { weighting: bestSingleWeights(experts) };
      const { scores } = await scoreMixtures(computing, heldOut.test, experts, { routed }, { name, watch: part });
      return aggregatePerplexity(scores.routed).micro;
    });
  return {
    perplexity: await worth('quick experts', assignments),
    randomPerplexity: await worth('experts of random piles', randomPiles(corpus.train.length, k, seed)),
  };
}
