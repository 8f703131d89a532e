/** What every family of models is to the rest of the engine. */
import type { Graph, Value } from '../../tensor/graph';
import type { ModelConfig } from './config';

/** A linear layer of a block: what adapters change. */
export interface LinearModule {
  /** The name that Hugging Face gives it within its block: `q_proj`. */
  readonly name: string;
  /** Its path in the model: `model.layers.0.self_attn.q_proj`. */
  readonly path: string;
  readonly layer: number;
  readonly out: number;
  readonly in: number;
  /** Whether its weight lies as [in, out], as Hugging Face's Conv1D has it, and not as [out, in]. */
  readonly transposed: boolean;
  readonly bias: boolean;
}

/** A low-rank update of one linear layer for k experts: y += scale · (x aᵀ) bᵀ with a [k, r, in] and b [k, out, r]. */
export interface LowRank {
  readonly a: Value;
  readonly b: Value;
  readonly scale: number;
  /** What is left of the layer's input after dropout, in training. */
  readonly dropped?: (x: Value) => Value;
}

/** A linear layer's weight [out, in], rounded in blocks: codes [out, blocks, bytes], scales [out, blocks]. */
export interface QuantizedWeight {
  readonly codes: Value;
  readonly scales: Value;
  readonly bits: 8 | 4;
}

/** The key and value caches of one layer: [E·B, keyValueHeads, positions, d] each. */
export interface KeyValues {
  readonly keys: Value;
  readonly values: Value;
}

/** Layers of a model, counted from 0: from the first to before the last. */
export interface LayerRange {
  readonly from: number;
  readonly to: number;
}

/** Legend: E experts or 1, B texts, T tokens of each, N = B·T rows, D width of the hidden state. */
export interface ModelInputs {
  /** Token ids, int64 [E, B, T], or the stream [E, B, T, D] that leaves the layers below the first one to be computed. */
  readonly input: Value;
  /** All by default. */
  readonly layers?: LayerRange;
  readonly weight: (name: string) => Value;
  readonly adapter: (path: string) => LowRank | undefined;
  /** Linear layers' weights that are rounded, by their names; the others are taken as they are. */
  readonly quantized?: (name: string) => QuantizedWeight | undefined;
  /** Whether linear layers and head multiply by frozen weights in 8-bit integers. */
  readonly int8?: boolean;
  /**
   * Adds each expert's update to a copy of the weight first: one large product per expert instead of one and two thin ones.
   * Faster for many rows where no gradient is wanted, and weights are as they are.
   */
  readonly mergeAdapters?: boolean;
  /** Caches of the positions before these, one per layer; none when the texts begin here. */
  readonly past?: readonly KeyValues[];
  /** Whether the caches have room beyond the positions that are filled, which are as many as `offset` says; else all of them are. */
  readonly roomy?: boolean;
  /**
   * Linear layers that read the same, as one product without biases: x [E, N, in] to [E or k, N, all their outs], adapters' updates
   * included.
   */
  readonly together?: (paths: readonly string[], x: Value) => Value;
  /** Parts in which attention's queries go through (tensor/primitives/attention.ts); one by default. */
  readonly queryBlocks?: number;
  /** int64 [1]: the position of the first of the T tokens. */
  readonly offset: Value;
}

export interface ModelOutputs {
  /** [E, N, D] after the final norm, as the head reads it, or the stream as it leaves the last layer computed where others are above it. */
  readonly hidden: Value;
  /** The caches of the positions so far; where they have room, what is to be written there: [E·B, T, keyValueHeads·d]. */
  readonly present: readonly KeyValues[];
}

export interface Architecture {
  /** Every parameter by its Hugging Face name. */
  readonly parameters: (config: ModelConfig) => Map<string, readonly number[]>;
  /** The linear layers of all blocks, the lowest first. */
  readonly linears: (config: ModelConfig) => readonly LinearModule[];
  /** The paths of the linear layers of all blocks, those together that read the same. */
  readonly readers: (config: ModelConfig) => readonly (readonly string[])[];
  /** The name of the language-model head's weight [V, D]. */
  readonly headName: (config: ModelConfig) => string;
  /** Token ids to final hidden states, or a stretch of that way. */
  readonly trace: (graph: Graph, config: ModelConfig, inputs: ModelInputs) => ModelOutputs;
}
