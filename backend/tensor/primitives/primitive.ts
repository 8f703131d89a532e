import type { Dim, Shape } from '../dims';
import type { Emitter } from '../emitter';
import type { TensorType, Value } from '../graph';

/** Nothing to configure. */
export type None = Readonly<Record<string, never>>;

/**
 * Every primitive with its parameters. Letters in shapes: N rows, D features, V vocabulary, T positions, S source
 * positions (cached and new), H heads.
 */
export interface PrimitiveParams {
  add: None;
  sub: None;
  mul: None;
  div: None;
  neg: None;
  exp: None;
  log: None;
  sqrt: None;
  sigmoid: None;
  silu: None;
  swiglu: None;
  gelu: None;
  select: None;
  cast: { readonly to: 'float32' | 'float64' };
  matmul: { readonly transA: boolean; readonly transB: boolean; readonly alpha: number };
  streamedMatmul: None;
  /** `width`: weights in a row. */
  quantizedMatmul: { readonly bits: 8 | 4; readonly width: number };
  /** `transB`: the weight lies as [N, K]; `rotated`: features of x are mixed before they are rounded. */
  int8Matmul: { readonly transB: boolean; readonly rotated: boolean };
  reshape: { readonly shape: Shape };
  transpose: { readonly perm: readonly number[] };
  expand: { readonly shape: Shape };
  concat: { readonly axis: number };
  split: { readonly axis: number; readonly sizes: readonly number[] };
  slice: { readonly axis: number; readonly start: number; readonly end: number };
  pad: { readonly axis: number; readonly before: number; readonly after: number };
  rowsAt: { readonly length: Dim };
  placeRows: { readonly rows: number };
  sum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  mean: { readonly axes: readonly number[]; readonly keepDims: boolean };
  gather: None;
  scatterAdd: { readonly rows: Dim };
  softmax: None;
  logSoftmax: None;
  causalMask: {
    readonly T: Dim;
    readonly S: Dim;
    readonly window: number | undefined;
    readonly dtype: 'float32' | 'float64';
  };
  rmsNorm: { readonly epsilon: number };
  layerNorm: { readonly epsilon: number };
  rope: { readonly heads: number; readonly inverse: boolean };
  attention: AttentionParams;
  attentionGradient: AttentionParams;
  cachedAttention: CachedAttentionParams;
  crossEntropy: None;
  crossEntropyGradient: None;
  linearCrossEntropy: LinearCrossEntropyParams;
  linearCrossEntropyWeightGradient: LinearCrossEntropyParams;
}

export interface LinearCrossEntropyParams {
  /** Parts in which rows go through. */
  readonly chunks: number;
  /** Whether logits are computed in 8-bit integers; the weight is constant then. */
  readonly int8: boolean;
}

export interface AttentionParams {
  /** Heads of queries. */
  readonly heads: number;
  /** Of the scores. */
  readonly scale: number;
  /** Parts in which queries go through. */
  readonly blocks: number;
}

export interface CachedAttentionParams {
  /** Heads of queries. */
  readonly heads: number;
  /** Of the scores. */
  readonly scale: number;
  /** Only so many positions may be seen, the own one included; all by default. */
  readonly window: number | undefined;
}

export type PrimitiveName = keyof PrimitiveParams;

/** What a gradient rule sees of the application that it differentiates. */
export interface Application<P> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly params: P;
  /** The gradient of the loss with respect to the first output; it has that output's shape. */
  readonly upstream: Value;
}

/**
 * For each input the gradient with respect to it, made only when it is asked for; `undefined` for an input that has
 * none (indices). The rule may leave a broadcast gradient as large as the output: the engine sums it to the input's shape.
 */
export type GradientRule<P> = (application: Application<P>) => readonly ((() => Value) | undefined)[];

export interface Primitive<P> {
  /** The types of the outputs; throws ShapeError. */
  readonly type: (inputs: readonly TensorType[], params: P) => readonly TensorType[];
  /** Writes ONNX nodes; returns the names of the outputs. `used[i]` tells whether anyone reads output i. */
  readonly emit: (emitter: Emitter, application: Emission<P>) => readonly string[];
  readonly gradient: GradientRule<P> | 'none';
}

/** What an emission rule sees. */
export interface Emission<P> {
  readonly names: readonly string[];
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  readonly params: P;
  readonly used: readonly boolean[];
}

export type PrimitiveTable = { readonly [P in PrimitiveName]: Primitive<PrimitiveParams[P]> };

/** Some of the table, as one family's file provides it. */
export type PrimitiveFamily<Names extends PrimitiveName> = { readonly [P in Names]: Primitive<PrimitiveParams[P]> };
