import type { ModelConfig } from '../../model/architectures/config';
import { logitChunks } from '../../model/training/step-plan';

/** Bytes of memory at the peak. */
export interface MemoryEstimate {
  /** Answering, a thousand tokens of prompt and answer. */
  readonly decode: number;
  /** Training one adapter with 4 rows of 256 tokens a step. */
  readonly train: number;
}

// Fitted to peaks that were measured on a processor: SmolLM2-135M 1032 MiB for 1,024 tokens of decoding, 2667 MiB for a step
// of 4 x 256 tokens; the bundled model 135 MiB for 500 tokens, 340 MiB for a step of 8 x 256.
const program = 110 * 2 ** 20;
const bytesPerFloat = 4;
// Forward and backward pass each have the weights in an order of their own, beside the table that tokens are looked up in.
const [decodingCopies, trainingCopies] = [1.3, 3.1];
const [rows, context, decoded] = [4, 256, 1000];
/** Logits, probabilities, and the gradient of a part of the loss. */
const logitCopies = 3;

/** What a model takes, from its dimensions alone. A run's own estimate measures it. */
export function estimateMemory(config: ModelConfig, parameters: number): MemoryEstimate {
  const { layers, hiddenSize: D, feedForwardSize: F, heads: H, keyValueHeads: G, headSize: d } = config;
  const weights = bytesPerFloat * parameters;
  const keysAndValues = bytesPerFloat * 2 * layers * G * d * decoded;
  // Kept for the way back of each token: the stream twice, queries, keys, values and what attention made of them, both halves of
  // the feed-forward layer, and the probabilities of the blocks that a query sees.
  const perToken = 2 * D + 2 * H * d + 2 * G * d + 2 * F + 0.625 * H * context;
  const activations = bytesPerFloat * layers * rows * context * perToken;
  const tokens = rows * context;
  const logits = logitCopies * bytesPerFloat * ((tokens * config.vocabularySize) / logitChunks(tokens, config));
  return {
    decode: program + decodingCopies * weights + 4 * keysAndValues,
    train: program + trainingCopies * weights + activations + logits,
  };
}
