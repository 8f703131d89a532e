/** How a training step is cut so that it needs little memory and computes nothing in vain. */
import type { Device } from '../../base/device';
import type { Recomputed } from '../../tensor/gradients';
import type { ModelConfig } from '../architectures/config';

/**
 * What is computed again for the backward pass instead of being kept. `cheap`: what takes an elementwise pass or two (norms
 * and the feed-forward's activation). `attention`: the probabilities too, which grow with the square of a text's length.
 * `layers`: everything but the stream between the halves of a layer, which costs another forward pass.
 */
export type Recompute = 'cheap' | 'attention' | 'layers';

export interface StepPlan {
  /** Parts in which the loss is computed, so that the logits of a batch never exist at once. */
  readonly lossChunks: number;
  /** Parts in which attention's queries go through (tensor/primitives/attention.ts). */
  readonly queryBlocks: number;
  readonly recomputed: Recomputed;
}

export interface StepWishes {
  readonly device: Device;
  readonly k: number;
  readonly batch?: { readonly B: number; readonly T: number };
  readonly lossChunks?: number;
  readonly recompute?: Recompute;
}

export function planStep(config: ModelConfig, { device, k, batch, ...wishes }: StepWishes): StepPlan {
  const T = batch?.T ?? 1;
  const {
    lossChunks = batch === undefined ? 1 : logitChunks(k * batch.B * T, config),
    recompute = T > longText ? 'attention' : 'cheap',
  } = wishes;
  // On a GPU many small products take longer than the masked half of a large one.
  const queryBlocks = device === 'cpu' ? Math.min(mostBlocks, Math.max(1, Math.floor(T / blockLength))) : 1;
  return { lossChunks, queryBlocks, recomputed: recomputations[recompute] };
}

// Measured on two processors with AVX2 at widths of 64 per head (docs/figures.md).
const blockLength = 64;
const mostBlocks = 8;
/** Tokens per text from which probabilities take more memory than everything else that is kept. */
const longText = 512;

/** Numbers that a chunk of logits may hold: 32 MiB. */
const logitsPerChunk = 2 ** 23;

/** Parts in which the logits of so many rows go through. */
export function logitChunks(rows: number, { vocabularySize }: ModelConfig): number {
  return Math.ceil((rows * vocabularySize) / logitsPerChunk);
}

const cheap: Recomputed = ({ op }) => op === 'swiglu' || op === 'rmsNorm' || op === 'layerNorm';

const recomputations: { readonly [R in Recompute]: Recomputed } = {
  cheap,
  attention: (node, output) => cheap(node, output) || (node.op === 'attention' && output > 0),
  // The stream itself is in the scope of its layer, whatever feeds it in one of its halves.
  layers: ({ scope }) => /^layers\.\d+\./.test(scope),
};
