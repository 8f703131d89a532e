/** The primitives as functions: what model code and gradient rules are written with. */
import { type Dim, sameShape, type Shape } from './dims';
import type { Graph, Value } from './graph';
import type { PrimitiveParams } from './primitives/primitive';

const none = {} as const;

/** A constant of the dtype of another value. */
export const scalar = ({ graph, dtype }: Value, value: number): Value =>
  graph.constant(dtype === 'float64' ? Float64Array.of(value) : Float32Array.of(value), []);

export const add = (a: Value, b: Value): Value => a.graph.apply('add', [a, b], none)[0];
export const sub = (a: Value, b: Value): Value => a.graph.apply('sub', [a, b], none)[0];
export const mul = (a: Value, b: Value): Value => a.graph.apply('mul', [a, b], none)[0];
export const div = (a: Value, b: Value): Value => a.graph.apply('div', [a, b], none)[0];
export const neg = (x: Value): Value => x.graph.apply('neg', [x], none)[0];
export const exp = (x: Value): Value => x.graph.apply('exp', [x], none)[0];
export const log = (x: Value): Value => x.graph.apply('log', [x], none)[0];
export const sqrt = (x: Value): Value => x.graph.apply('sqrt', [x], none)[0];
export const sigmoid = (x: Value): Value => x.graph.apply('sigmoid', [x], none)[0];
/** x · sigmoid(x). */
export const silu = (x: Value): Value => x.graph.apply('silu', [x], none)[0];
/** silu(gate) · up; keeps only its inputs and its output for the gradient. */
export const swiglu = (gate: Value, up: Value): Value => gate.graph.apply('swiglu', [gate, up], none)[0];
/** x · Φ(x) with the normal distribution Φ in its tanh form (Hendrycks & Gimpel 2016): GPT-2's `gelu_new`. */
export const gelu = (x: Value): Value => x.graph.apply('gelu', [x], none)[0];
/** Elements of a where the condition is above 0, of b elsewhere; all three broadcast. */
export const select = (condition: Value, a: Value, b: Value): Value =>
  a.graph.apply('select', [condition, a, b], none)[0];
export const cast = (x: Value, to: 'float32' | 'float64'): Value => x.graph.apply('cast', [x], { to })[0];

/** alpha · a b over the last two dimensions, each transposed first where asked; leading dimensions broadcast. */
export function matmul(
  a: Value,
  b: Value,
  options: { transA?: boolean; transB?: boolean; alpha?: number } = {},
): Value {
  const { transA = false, transB = false, alpha = 1 } = options;
  return a.graph.apply('matmul', [a, b], { transA, transB, alpha })[0];
}

/**
 * x [..., D] by the transposes of constant weights [N, D, 1, 1], side by side: [..., Σ N]. For few rows, and weights that lie in memory
 * and not in a cache.
 */
export const streamedMatmul = (x: Value, weights: readonly Value[]): Value =>
  x.graph.apply('streamedMatmul', [x, ...weights], none)[0];

/** x [..., width] by the transpose of weights [N, width] in blocks of 8 or 4 bits (model/weights/quantize.ts); on the processor. */
export const quantizedMatmul = (
  x: Value,
  { codes, scales, bits }: { readonly codes: Value; readonly scales: Value; readonly bits: 8 | 4 },
): Value => x.graph.apply('quantizedMatmul', [x, codes, scales], { bits, width: Number(x.shape.at(-1)) })[0];

/**
 * x [..., K] by a constant weight [K, N], or the transpose of one [N, K], both rounded to 8 bits; on the processor. `rotated`: for x of
 * which a few features are much larger than the others. No gradient of the weight is defined.
 */
export const int8Matmul = (x: Value, weight: Value, params: PrimitiveParams['int8Matmul']): Value =>
  x.graph.apply('int8Matmul', [x, weight], params)[0];

export const reshape = (x: Value, shape: Shape): Value =>
  sameShape(x.shape, shape) ? x : x.graph.apply('reshape', [x], { shape })[0];
export const transpose = (x: Value, perm: readonly number[]): Value => x.graph.apply('transpose', [x], { perm })[0];
export const expand = (x: Value, shape: Shape): Value => x.graph.apply('expand', [x], { shape })[0];
export const concat = (parts: readonly Value[], axis: number): Value =>
  parts[0].graph.apply('concat', parts, { axis })[0];
export const slice = (x: Value, axis: number, start: number, end: number): Value =>
  x.graph.apply('slice', [x], { axis, start, end })[0];
/** Parts of these lengths along one axis. */
export const split = (x: Value, axis: number, sizes: readonly number[]): readonly Value[] =>
  sizes.length === 1 ? [x] : x.graph.apply('split', [x], { axis, sizes });
/** Zeros before and after along one axis. */
export const pad = (x: Value, axis: number, before: number, after: number): Value =>
  x.graph.apply('pad', [x], { axis, before, after })[0];
/** Rows offset to offset + length of `table` [P, D], with offset int64 [1] known when the graph runs: [length, D]. */
export const rowsAt = (table: Value, offset: Value, length: Dim): Value =>
  table.graph.apply('rowsAt', [table, offset], { length })[0];
/** [rows, D] of zeros with x [T, D] in its place from row `offset` on. */
export const placeRows = (x: Value, offset: Value, rows: number): Value =>
  x.graph.apply('placeRows', [x, offset], { rows })[0];

export const sum = (x: Value, axes: readonly number[], keepDims = false): Value =>
  x.graph.apply('sum', [x], { axes, keepDims })[0];
export const mean = (x: Value, axes: readonly number[], keepDims = false): Value =>
  x.graph.apply('mean', [x], { axes, keepDims })[0];

/** Rows of `table` [V, D] at `ids` [...]: [..., D]. */
export const gather = (table: Value, ids: Value): Value => table.graph.apply('gather', [table, ids], none)[0];
/** [rows, D] of zeros to which row n of `updates` [..., D] is added at row `ids` [n]. */
export const scatterAdd = (updates: Value, ids: Value, rows: Dim): Value =>
  updates.graph.apply('scatterAdd', [updates, ids], { rows })[0];

/** Over the last dimension. */
export const softmax = (x: Value): Value => x.graph.apply('softmax', [x], none)[0];
/** Over the last dimension. */
export const logSoftmax = (x: Value): Value => x.graph.apply('logSoftmax', [x], none)[0];

/** x / rms(x) · weight over the last dimension (Zhang & Sennrich 2019). */
export const rmsNorm = (x: Value, weight: Value, epsilon: number): Value =>
  x.graph.apply('rmsNorm', [x, weight], { epsilon })[0];

/** (x − mean) / √(variance + ε) · weight + bias over the last dimension (Ba et al. 2016). */
export const layerNorm = (x: Value, weight: Value, bias: Value, epsilon: number): Value =>
  x.graph.apply('layerNorm', [x, weight, bias], { epsilon })[0];

/**
 * Rotary position embedding (Su et al. 2021) in the half-split convention of Hugging Face's Llama.
 * x [rows, T, heads·d], cos and sin [positions, d/2], offset int64 [1]: the position of the first of the T tokens.
 */
export const rope = (
  x: Value,
  tables: { cos: Value; sin: Value; offset: Value },
  options: { heads: number; inverse?: boolean },
): Value => {
  const { heads, inverse = false } = options;
  return x.graph.apply('rope', [x, tables.cos, tables.sin, tables.offset], { heads, inverse })[0];
};

/**
 * Attention of queries q [R, T, H·d] on keys and values [R, G, S, d], of which the last T are the queries' own positions:
 * [R, T, H·d]. `mask` [T, S] is added to the scores; with more than one block it must hide all later positions, which are not
 * looked at then. The gradient needs T ≥ blocks.
 */
export const attention = (
  q: Value,
  { keys, values, mask }: { readonly keys: Value; readonly values: Value; readonly mask: Value },
  params: PrimitiveParams['attention'],
): Value => q.graph.apply('attention', [q, keys, values, mask], params)[0];

/**
 * Attention of tokens q [R, T, H·d], k and v [R, T, G·d] on caches [R, G, P, d] of which the first `offset`, int64 [1], positions are
 * filled, and on each other, each on itself and those before it: [R, T, H·d].
 */
export const cachedAttention = (
  { q, k, v }: { readonly q: Value; readonly k: Value; readonly v: Value },
  past: { readonly keys: Value; readonly values: Value; readonly offset: Value },
  params: PrimitiveParams['cachedAttention'],
): Value => q.graph.apply('cachedAttention', [q, k, v, past.keys, past.values, past.offset], params)[0];

/** −log softmax(logits [N, V])[targets [N]]: [N], nats per token. */
export const crossEntropy = (logits: Value, targets: Value): Value =>
  logits.graph.apply('crossEntropy', [logits, targets], none)[0];

/**
 * Cross-entropy of hidden [N, D] · weight [V, D]ᵀ against targets [N]: [N], nats per token. Rows go through in `chunks`
 * parts, so the logits of all rows never exist at once. The gradient of hidden is made in the same pass (it is
 * proportional to the upstream gradient row by row), as fused linear cross-entropy kernels do (Liger, Hsu et al. 2024). With
 * `int8` the weight is constant, and logits are computed as `int8Matmul` does.
 */
export const linearCrossEntropy = (
  hidden: Value,
  weight: Value,
  targets: Value,
  { chunks, int8 = false }: { readonly chunks: number; readonly int8?: boolean | undefined },
): Value => hidden.graph.apply('linearCrossEntropy', [hidden, weight, targets], { chunks, int8 })[0];

/**
 * [T, S] with 0 where position i of T may see position j of S, −1e9 where it may not: itself and those before it, or with a
 * `window` only that many, itself included. The T are the last of the S.
 */
export const causalMask = (
  graph: Graph,
  T: Dim,
  S: Dim,
  options: { window?: number | undefined; dtype?: 'float32' | 'float64' } = {},
): Value => {
  const { window, dtype = 'float32' } = options;
  return graph.apply('causalMask', [], { T, S, window, dtype })[0];
};
