import { defaultPerplexityEm } from '../split/methods/em/perplexity-settings';
import { defaultTraining } from '../train/settings';
import type { ComparisonSettings } from './compare';
import type { SystemSettings } from './systems';
import { runDefaults } from '../protocol/defaults';

/** What `polymath train` does when nothing else is said. */
export const trainingDefaults: SystemSettings = {
  tokensPerSystem: runDefaults.train.tokens,
  training: defaultTraining,
};

const { k, seeds, tokens, prefix, rounds, emTokens, train, validation, test } = runDefaults.compare;

/** The main job at a size that two cores finish in minutes: a sample of the corpus, one seed. */
export const quickJob = {
  k,
  seeds: [...seeds],
  ...trainingDefaults,
  tokensPerSystem: tokens,
  em: { ...defaultPerplexityEm, prefix, rounds, tokensPerRound: emTokens, commonTokens: 10_000 },
  documents: { train, validation, test },
} satisfies ComparisonSettings & { documents: Record<'train' | 'validation' | 'test', number> };
