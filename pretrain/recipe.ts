import type { ModelConfig } from '../backend/model/architectures/config';

/** Everything that determines the bundled base model, besides the texts (sources.ts). */
export const recipe = {
  seed: 1,
  config: {
    architecture: 'llama',
    vocabularySize: 4096,
    hiddenSize: 192,
    layers: 4,
    heads: 6,
    keyValueHeads: 2,
    headSize: 32,
    feedForwardSize: 512,
    activation: 'silu',
    normEpsilon: 1e-5,
    rope: { theta: 10_000 },
    maxPositions: 512,
    tiedHead: false,
    beginToken: 0,
    endTokens: [0],
  } satisfies ModelConfig,
  /** Rows per step and tokens per row. */
  rows: 8,
  context: 256,
  steps: 4400,
  warmup: 200,
  /** Steps of linear decay to zero at the end. */
  decay: 1400,
  peakLearningRate: 3e-3,
  weightDecay: 0.1,
} as const;
