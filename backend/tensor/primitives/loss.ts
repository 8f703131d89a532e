/** Cross-entropy, from logits and fused with the language-model head. */
import type { Emitter } from '../emitter';
import { ShapeError, type TensorType } from '../graph';
import { mul, reshape } from '../ops';
import { addRows } from './indexing';
import { emitInt8Product } from './int8';
import { emitProduct } from './linear';
import type { Emission, PrimitiveFamily, PrimitiveParams } from './primitive';
import { requireDType, requireRank } from './rules';

function requireTargets(rows: TensorType, targets: TensorType): void {
  requireRank(rows, 2, 'rows');
  requireRank(targets, 1, 'targets');
  requireDType(targets, 'int64', 'targets');
  if (rows.shape[0] !== targets.shape[0]) throw new ShapeError('one target per row is needed');
}

export const loss: PrimitiveFamily<
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
      const parts = cutRows(e, inputs[0], chunks).chunks.map((chunk) => {
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
  const { dtype } = inputs[0];
  const { chunks, join } = cutRows(e, inputs[0], params.chunks);
  const parts = chunks.map((chunk) => {
    const operands = [chunk(hidden), weight] as const;
    const logits = params.int8
      ? emitInt8Product(e, operands, inputs, { transB: true, rotated: true })
      : emitProduct(e, operands, inputs, { transB: true });
    if (!used[1] && e.supports('LogSoftmax', dtype)) {
      return [e.op('Neg', [pick(e, e.op('LogSoftmax', [logits], { axis: -1 }), chunk(targets))])];
    }
    // (softmax − one-hot) · weight, without touching the probabilities once more.
    const { nll, probabilities } = softmaxLoss(e, logits, chunk(targets));
    if (!used[1]) return [nll];
    const own = e.op('Gather', [weight, chunk(targets)], { axis: 0 });
    return [nll, e.op('Sub', [e.op('MatMul', [probabilities, weight]), own])];
  });
  return (used[1] ? [0, 1] : [0]).map((i) => join(parts.map((part) => part[i])));
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

/**
 * Cuts tensors along their rows: chunk i of C holds rows ⌊N·i/C⌋ to ⌊N·(i+1)/C⌋, so any N works. Where a device computes no empty
 * tensors, C rows of zeros come after the last one, so that no chunk is empty.
 */
function cutRows(
  e: Emitter,
  { dtype, shape: [N] }: TensorType,
  C: number,
): { chunks: readonly ((name: string) => string)[]; join: (parts: readonly string[]) => string } {
  if (C === 1) return { chunks: [(name) => name], join: ([part]) => part };
  const spare = e.supports('empty tensors', dtype) ? 0 : C;
  const rows = spare === 0 ? e.dim(N) : e.op('Add', [e.dim(N), e.ints([spare])]);
  const bound = (i: number): string => e.op('Div', [e.op('Mul', [rows, e.ints([i])]), e.ints([C])]);
  const bounds = Array.from({ length: C + 1 }, (_, i) => bound(i));
  const cut = (name: string, from: string, to: string): string => e.op('Slice', [name, from, to, e.ints([0])]);
  const filled = new Map<string, string>();
  const fill = (name: string): string => {
    if (spare === 0) return name;
    const known = filled.get(name) ?? e.op('Pad', [name, e.ints([0, spare]), '', e.ints([0])]);
    filled.set(name, known);
    return known;
  };
  return {
    chunks: bounds.slice(1).map((end, i) => (name) => cut(fill(name), bounds[i], end)),
    join: (parts) => {
      const joined = e.op('Concat', parts, { axis: 0 });
      return spare === 0 ? joined : cut(joined, e.ints([0]), e.dim(N));
    },
  };
}

/** Element `targets[n]` of each row n. */
function pick(e: Emitter, rows: string, targets: string): string {
  return e.op('Squeeze', [e.op('GatherElements', [rows, column(e, targets)], { axis: 1 }), e.ints([1])]);
}

/** [N] as [N, 1]. */
function column(e: Emitter, vector: string): string {
  return e.op('Unsqueeze', [vector, e.ints([1])]);
}
