import type { ModelConfig } from '../backend/model/architectures/config';

/**
 * Everything that determines a pretrained model, besides the texts (sources.ts). The learning rate rises, stays for as long as
 * there is time, and falls at the end: warmup–stable–decay (Hu et al. 2024, MiniCPM). The stable phase can be stopped at any
 * step and gone on with later; the decay begins at whatever checkpoint is the last.
 */
export interface Recipe {
  readonly seed: number;
  readonly config: ModelConfig & { readonly beginToken: number };
  /** Rows per step. */
  readonly rows: number;
  /** Tokens per row. */
  readonly context: number;
  /** Steps at which the stable phase ends by itself. */
  readonly steps: number;
  /** Steps of linear rise, also where training goes on from weights without the optimizer's state. */
  readonly warmup: number;
  /** Steps of linear decay to zero: these many, or a share of those before them where that is less. */
  readonly decay: { readonly steps: number; readonly share: number };
  readonly peakLearningRate: number;
  readonly weightDecay: number;
  /** Muon's momentum where it changes the matrices of the layers; AdamW changes all without it. */
  readonly muon?: number;
}

/** The bundled base model's. */
export const recipe: Recipe = {
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
  },
  rows: 8,
  context: 256,
  steps: 40_000,
  warmup: 200,
  decay: { steps: 4000, share: 0.25 },
  peakLearningRate: 3e-3,
  weightDecay: 0.1,
  muon: 0.95,
};
