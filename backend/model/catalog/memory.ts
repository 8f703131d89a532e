import type { ModelConfig } from '../config';

/** Bytes of memory at the peak. */
export interface MemoryEstimate {
  /** Answering, a thousand tokens of prompt and answer. */
  readonly decode: number;
  /** Training one adapter with 4 rows of 256 tokens a step. */
  readonly train: number;
}

// Fitted to peaks that were measured on a processor: SmolLM2-135M 1032 MiB for 1,024 tokens of decoding, 3274 MiB for a step
// of 4 x 256 tokens and 4471 MiB for one of 2 x 512; the bundled model 135 MiB for 500 tokens, 278 MiB for 4 x 256.
const program = 110 * 2 ** 20;
const bytesPerFloat = 4;
const [decodingCopies, trainingCopies] = [1.3, 2.5];
const [rows, context, decoded] = [4, 256, 1000];

/** What a model takes, from its dimensions alone. A run's own estimate measures it. */
export function estimateMemory(config: ModelConfig, parameters: number): MemoryEstimate {
  const { layers, hiddenSize: D, feedForwardSize: F, heads: H, keyValueHeads, headSize } = config;
  const weights = bytesPerFloat * parameters;
  const keysAndValues = bytesPerFloat * 2 * layers * keyValueHeads * headSize * decoded;
  // Attention keeps its scores in several forms for the way back.
  const activations = bytesPerFloat * layers * rows * context * (4 * D + 2 * F + 5 * H * context);
  return {
    decode: program + decodingCopies * weights + 4 * keysAndValues,
    train: program + trainingCopies * weights + activations,
  };
}
