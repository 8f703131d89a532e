/** What several floors take where nothing is said. All other defaults stand in the tables of settings. */

/** How experts are trained. Alpha stays the same whatever the rank. */
export const usualTraining = {
  rank: 8,
  alpha: 16,
  dropout: 0,
  schedule: 'cosine',
  warmup: 0.05,
  weightDecay: 0,
  maxGradNorm: 1,
  batchSize: 1,
  gradientAccumulation: 1,
  context: 128,
  /** Contexts of one text that are learned from at most. */
  documentContexts: 16,
} as const;
/** A sentence encoder of the hub. */
export const usualEncoder = 'Xenova/all-MiniLM-L6-v2';
