import { defaultPerplexityEm } from '../cluster/perplexity-settings';
import { defaultTraining } from '../train/settings';
import type { ComparisonSettings } from './compare';
import type { SystemSettings } from './systems';

/** What `polymath train` does when nothing else is said. */
export const trainingDefaults: SystemSettings = { tokensPerSystem: 200_000, training: defaultTraining };

/** The main job at a size that two cores finish in minutes: a sample of the corpus, one seed. */
export const quickJob = {
  k: 6,
  seeds: [1],
  ...trainingDefaults,
  tokensPerSystem: 48_000,
  em: { ...defaultPerplexityEm, prefix: 48, rounds: 1, tokensPerRound: 4_000, commonTokens: 10_000 },
  documents: { train: 800, validation: 40, test: 48 },
} satisfies ComparisonSettings & { documents: Record<'train' | 'validation' | 'test', number> };
