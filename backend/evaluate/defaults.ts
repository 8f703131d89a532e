import { defaultPerplexityEm } from '../cluster/perplexity-em';
import { defaultTraining } from '../train/trainer';
import type { ComparisonSettings } from './compare';
import type { SystemSettings } from './systems';

/** What `polymath train` does when nothing else is said. */
export const trainingDefaults: SystemSettings = { tokensPerSystem: 200_000, training: defaultTraining };

/** The main job at a size that two cores finish in minutes: a sample of the corpus, one seed. */
export const quickJob = {
  k: 6,
  seeds: [1],
  ...trainingDefaults,
  tokensPerSystem: 80_000,
  em: { ...defaultPerplexityEm, prefix: 48, rounds: 2, tokensPerRound: 4_000 },
  documents: { train: 1200, validation: 60, test: 90 },
} satisfies ComparisonSettings & { documents: Record<'train' | 'validation' | 'test', number> };
