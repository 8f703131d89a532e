/** Cross-entropy, from logits and fused with the language-model head. */
import type { Dim } from '../dims';
import type { Emitter } from '../emitter';
import { ShapeError, type TensorType } from '../graph';
import { mul, reshape } from '../ops';
import type { Emission, Family, PrimitiveParams } from './primitive';
import { requireDType, requireRank } from './rules';

function requireTargets(rows: TensorType, targets: TensorType): void {
  requireRank(rows, 2, 'rows');
  requireRank(targets, 1, 'targets');
  requireDType(targets, 'int64', 'targets');
  if (rows.shape[0] !== targets.shape[0]) throw new ShapeError('one target per row is needed');
}

export const loss: Family<
  'crossEntropy' | 'crossEntropyGradient' | 'linearCrossEntropy' | 'linearCrossEntropyWeightGradient'
> = {
  // Second output: log-probabilities [N, V], kept for the gradient.
  crossEntropy: {
    type: ([logits, targets]) => {
      requireTargets(logits, targets);
      return [
        { dtype: logits.dtype, shape: targets.shape },
        { dtype: logits.dtype, shape: logits.shape },
      ];
    },
    emit: (e, { names: [logits, targets] }) => {
      const logProbabilities = e.op('LogSoftmax', [logits], { axis: -1 });
      return [pickNegative(e, logProbabilities, targets), logProbabilities];
    },
    gradient: ({ inputs: [logits, targets], outputs: [, logProbabilities], upstream: dy }) => [
      () => logits.graph.apply('crossEntropyGradient', [logProbabilities, targets, dy], {})[0],
      undefined,
    ],
  },

  crossEntropyGradient: {
    type: ([logProbabilities]) => [{ dtype: logProbabilities.dtype, shape: logProbabilities.shape }],
    emit: (e, { names: [logProbabilities, targets, dy], inputs }) => [
      e.op('Mul', [surplus(e, logProbabilities, targets, inputs[0].dtype), e.op('Unsqueeze', [dy, e.ints([1])])]),
    ],
    gradient: 'none',
  },

  // Second output: [N, D], the gradient of each row's loss with respect to its hidden state.
  linearCrossEntropy: {
    type: ([hidden, weight, targets]) => {
      requireTargets(hidden, targets);
      requireRank(weight, 2, 'the weight');
      if (weight.shape[1] !== hidden.shape[1]) throw new ShapeError('hidden states and weight differ in width');
      return [
        { dtype: hidden.dtype, shape: targets.shape },
        { dtype: hidden.dtype, shape: hidden.shape },
      ];
    },
    emit: emitLinearCrossEntropy,
    gradient: ({ inputs: [hidden, weight, targets], outputs: [, rowGradients], params, upstream: dy }) => [
      () => mul(rowGradients, reshape(dy, [dy.shape[0], 1])),
      () => hidden.graph.apply('linearCrossEntropyWeightGradient', [hidden, weight, targets, dy], params)[0],
      undefined,
    ],
  },

  linearCrossEntropyWeightGradient: {
    type: ([, weight]) => [{ dtype: weight.dtype, shape: weight.shape }],
    emit: (e, { names: [hidden, weight, targets, dy], inputs, params: { chunks } }) => {
      const { dtype, shape } = inputs[0];
      const parts = rowChunks(e, shape[0], chunks).map((chunk) => {
        const rows = chunk(hidden);
        const logProbabilities = e.op('LogSoftmax', [headLogits(e, rows, weight, dtype)], { axis: -1 });
        const scale = e.op('Unsqueeze', [chunk(dy), e.ints([1])]);
        const dLogits = e.op('Mul', [surplus(e, logProbabilities, chunk(targets), dtype), scale]);
        return transposedProduct(e, dLogits, rows, dtype);
      });
      return [parts.reduce((a, b) => e.op('Add', [a, b]))];
    },
    gradient: 'none',
  },
};

function emitLinearCrossEntropy(
  e: Emitter,
  { names: [hidden, weight, targets], inputs, params, used }: Emission<PrimitiveParams['linearCrossEntropy']>,
): readonly string[] {
  const { dtype, shape } = inputs[0];
  const parts = rowChunks(e, shape[0], params.chunks).map((chunk) => {
    const picked = chunk(targets);
    const logProbabilities = e.op('LogSoftmax', [headLogits(e, chunk(hidden), weight, dtype)], { axis: -1 });
    const nll = pickNegative(e, logProbabilities, picked);
    return used[1] ? [nll, e.op('MatMul', [surplus(e, logProbabilities, picked, dtype), weight])] : [nll];
  });
  const joined = (i: number): string =>
    parts.length === 1
      ? parts[0][i]
      : e.op(
          'Concat',
          parts.map((part) => part[i]),
          { axis: 0 },
        );
  return used[1] ? [joined(0), joined(1)] : [joined(0)];
}

/** Cuts along rows: chunk i holds rows ⌊N·i/C⌋ to ⌊N·(i+1)/C⌋, so any N works. */
function rowChunks(e: Emitter, rows: Dim, chunks: number): readonly ((name: string) => string)[] {
  if (chunks === 1) return [(name) => name];
  const bound = (i: number): string => e.op('Div', [e.op('Mul', [e.dim(rows), e.ints([i])]), e.ints([chunks])]);
  const bounds = Array.from({ length: chunks + 1 }, (_, i) => bound(i));
  return bounds.slice(1).map((end, i) => (name) => e.op('Slice', [name, bounds[i], end, e.ints([0])]));
}

/** rows [n, D] · weight [V, D]ᵀ. */
function headLogits(e: Emitter, rows: string, weight: string, dtype: TensorType['dtype']): string {
  return e.supports('FusedMatMul', dtype)
    ? e.fused('FusedMatMul', [rows, weight], { transA: 0, transB: 1, alpha: { float: 1 } })
    : e.op('MatMul', [rows, e.op('Transpose', [weight], { perm: [1, 0] })]);
}

/** a [n, V]ᵀ · b [n, D]. */
function transposedProduct(e: Emitter, a: string, b: string, dtype: TensorType['dtype']): string {
  return e.supports('FusedMatMul', dtype)
    ? e.fused('FusedMatMul', [a, b], { transA: 1, transB: 0, alpha: { float: 1 } })
    : e.op('MatMul', [e.op('Transpose', [a], { perm: [1, 0] }), b]);
}

function pickNegative(e: Emitter, logProbabilities: string, targets: string): string {
  const column = e.op('Unsqueeze', [targets, e.ints([1])]);
  const picked = e.op('GatherElements', [logProbabilities, column], { axis: 1 });
  return e.op('Neg', [e.op('Squeeze', [picked, e.ints([1])])]);
}

/** softmax − one-hot: the gradient of the loss of each row with respect to its logits. */
function surplus(e: Emitter, logProbabilities: string, targets: string, dtype: TensorType['dtype']): string {
  const probabilities = e.op('Exp', [logProbabilities]);
  const column = e.op('Unsqueeze', [targets, e.ints([1])]);
  const picked = e.op('GatherElements', [probabilities, column], { axis: 1 });
  const reduced = e.op('Sub', [picked, e.scalar(1, dtype)]);
  return e.op('ScatterElements', [probabilities, column, reduced], { axis: 1 });
}
