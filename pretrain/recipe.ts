import type { ModelConfig } from '../backend/model/architectures/config';

/**
 * Everything that determines the bundled base model, besides the texts (sources.ts). The learning rate rises, stays for as
 * long as there is time, and falls at the end: warmup–stable–decay (Hu et al. 2024, MiniCPM). The stable phase can be stopped
 * at any step and gone on with later; the decay begins at whatever checkpoint is the last.
 */
export const recipe = {
  seed: 1,
  config: {
    architecture: 'qwen3',
    vocabularySize: 8192,
    hiddenSize: 256,
    layers: 5,
    heads: 8,
    keyValueHeads: 2,
    headSize: 32,
    feedForwardSize: 640,
    activation: 'silu',
    normEpsilon: 1e-6,
    rope: { theta: 10_000 },
    maxPositions: 512,
    tiedHead: true,
    beginToken: 0,
    endTokens: [0],
  } satisfies ModelConfig,
  /** Rows per step and tokens per row. */
  rows: 8,
  context: 256,
  /** Steps at which the stable phase ends by itself. */
  steps: 40_000,
  /** Steps of linear rise, also where training goes on from weights without the optimizer's state. */
  warmup: 200,
  /** Steps of linear decay to zero: these many, or a share of those before them where that is less. */
  decay: { steps: 4000, share: 0.25 },
  peakLearningRate: 3e-3,
  weightDecay: 0.1,
} as const;
