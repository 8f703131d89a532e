/** Cross-entropy, from logits and fused with the language-model head. */
import type { Dim } from '../dims';
import type { Emitter } from '../emitter';
import { ShapeError, type TensorType } from '../graph';
import { mul, reshape } from '../ops';
import { addRows } from './indexing';
import { emitProduct } from './linear';
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
  // Second output: probabilities [N, V], kept for the gradient.
  crossEntropy: {
    type: ([logits, targets]) => {
      requireTargets(logits, targets);
      return [
        { dtype: logits.dtype, shape: targets.shape },
        { dtype: logits.dtype, shape: logits.shape },
      ];
    },
    emit: (e, { names: [logits, targets] }) => {
      const { nll, probabilities } = softmaxLoss(e, logits, targets);
      return [nll, probabilities];
    },
    gradient: ({ inputs: [logits, targets], outputs: [, probabilities], upstream: dy }) => [
      () => logits.graph.apply('crossEntropyGradient', [probabilities, targets, dy], {})[0],
      undefined,
    ],
  },

  crossEntropyGradient: {
    type: ([probabilities]) => [{ dtype: probabilities.dtype, shape: probabilities.shape }],
    emit: (e, { names: [probabilities, targets, dy] }) => {
      const scale = column(e, dy);
      const scaled = e.op('Mul', [probabilities, scale]);
      return [
        e.op('ScatterElements', [scaled, column(e, targets), e.op('Neg', [scale])], { axis: 1, reduction: 'add' }),
      ];
    },
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
    // Computes the logits once more, chunk by chunk, rather than keep those of all rows.
    emit: (e, { names: [hidden, weight, targets, dy], inputs, outputs, params: { chunks } }) => {
      const { shape } = inputs[0];
      const scaled = e.op('Mul', [hidden, column(e, dy)]);
      const parts = rowChunks(e, shape[0], chunks).map((chunk) => {
        const logits = emitProduct(e, [chunk(hidden), weight], inputs, { transB: true });
        const probabilities = e.op('Softmax', [logits], { axis: -1 });
        return emitProduct(e, [probabilities, chunk(scaled)], inputs, { transA: true });
      });
      const expected = parts.reduce((a, b) => e.op('Add', [a, b]));
      return [
        addRows(
          e,
          { table: expected, ids: targets, rows: e.op('Neg', [scaled]) },
          { dtype: outputs[0].dtype, shape: [shape[0], outputs[0].shape[1]] },
        ),
      ];
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
    const logits = emitProduct(e, [chunk(hidden), weight], inputs, { transB: true });
    if (!used[1] && e.supports('LogSoftmax', dtype)) {
      return [e.op('Neg', [pick(e, e.op('LogSoftmax', [logits], { axis: -1 }), chunk(targets))])];
    }
    // (softmax − one-hot) · weight, without touching the probabilities once more.
    const { nll, probabilities } = softmaxLoss(e, logits, chunk(targets));
    if (!used[1]) return [nll];
    const own = e.op('Gather', [weight, chunk(targets)], { axis: 0 });
    return [nll, e.op('Sub', [e.op('MatMul', [probabilities, weight]), own])];
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

/**
 * −log softmax(logits)[target] of each row, and the probabilities. The logarithm is taken of the largest one, which is at
 * least 1 / V: the target's own may round to zero.
 */
function softmaxLoss(e: Emitter, logits: string, targets: string): { nll: string; probabilities: string } {
  const largest = (of: string): string => e.op('ReduceMax', [of, e.ints([1])], { keepdims: 0 });
  const probabilities = e.op('Softmax', [logits], { axis: -1 });
  const behind = e.op('Sub', [largest(logits), pick(e, logits, targets)]);
  return { nll: e.op('Sub', [behind, e.op('Log', [largest(probabilities)])]), probabilities };
}

/** Cuts along rows: chunk i holds rows ⌊N·i/C⌋ to ⌊N·(i+1)/C⌋, so any N works. */
function rowChunks(e: Emitter, rows: Dim, chunks: number): readonly ((name: string) => string)[] {
  if (chunks === 1) return [(name) => name];
  const bound = (i: number): string => e.op('Div', [e.op('Mul', [e.dim(rows), e.ints([i])]), e.ints([chunks])]);
  const bounds = Array.from({ length: chunks + 1 }, (_, i) => bound(i));
  return bounds.slice(1).map((end, i) => (name) => e.op('Slice', [name, bounds[i], end, e.ints([0])]));
}

/** Element `targets[n]` of each row n. */
function pick(e: Emitter, rows: string, targets: string): string {
  return e.op('Squeeze', [e.op('GatherElements', [rows, column(e, targets)], { axis: 1 }), e.ints([1])]);
}

/** [N] as [N, 1]. */
function column(e: Emitter, vector: string): string {
  return e.op('Unsqueeze', [vector, e.ints([1])]);
}
