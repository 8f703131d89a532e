/** Softmax, normalisation over the last dimension, and what a transformer needs around them. */
import { ShapeError, type Value } from '../graph';
import { exp, mean, mul, rope, sub, sum } from '../ops';
import type { Emitter } from '../emitter';
import type { Emission, PrimitiveFamily, PrimitiveParams } from './primitive';
import { requireRank, sameType } from './rules';

export const normalization: PrimitiveFamily<
  'softmax' | 'logSoftmax' | 'causalMask' | 'rmsNorm' | 'layerNorm' | 'rope'
> = {
  softmax: {
    type: sameType,
    emit: (e, { names }) => [e.op('Softmax', names, { axis: -1 })],
    gradient: ({ outputs: [y], upstream: dy }) => [
      () => {
        const weighted = mul(dy, y);
        return sub(weighted, mul(y, sum(weighted, [-1], true)));
      },
    ],
  },

  logSoftmax: {
    type: sameType,
    emit: (e, { names: [x], inputs }) => {
      if (e.supports('LogSoftmax', inputs[0].dtype)) return [e.op('LogSoftmax', [x], { axis: -1 })];
      const shifted = e.op('Sub', [x, e.op('ReduceMax', [x, e.ints([-1])], { keepdims: 1 })]);
      const total = e.op('ReduceSum', [e.op('Exp', [shifted]), e.ints([-1])], { keepdims: 1 });
      return [e.op('Sub', [shifted, e.op('Log', [total])])];
    },
    gradient: ({ outputs: [y], upstream: dy }) => [() => sub(dy, mul(exp(y), sum(dy, [-1], true)))],
  },

  causalMask: {
    type: (_, { T, S, dtype }) => [{ dtype, shape: [T, S] }],
    emit: (e, { params: { T, S, window, dtype } }) => {
      // Triangles right of what the first row may see, and left of it. Comparing positions would be int64, which not every
      // GPU has.
      const filled = e.op('Expand', [e.scalar(-1e9, dtype), e.shape([T, S])]);
      const own = e.op('Sub', [e.dim(S), e.dim(T)]);
      const triangle = (diagonal: string, upper: 0 | 1): string =>
        e.op('Trilu', [filled, e.op('Squeeze', [diagonal])], { upper });
      const later = triangle(e.op('Add', [own, e.ints([1])]), 1);
      if (window === undefined) return [later];
      return [e.op('Add', [later, triangle(e.op('Sub', [own, e.ints([window])]), 0)])];
    },
    gradient: 'none',
  },

  // Second output: 1 / rms(x), one number per row, kept for the gradient.
  rmsNorm: {
    type: ([x, weight]) => {
      requireRank(weight, 1, 'the weight');
      if (weight.shape[0] !== x.shape[x.shape.length - 1]) throw new ShapeError('the weight does not fit the rows');
      return [
        { dtype: x.dtype, shape: x.shape },
        { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] },
      ];
    },
    emit: emitRmsNorm,
    // dx = (dy·w − x·inverse·mean(dy·y)) · inverse, as y = x·inverse·w.
    gradient: ({ inputs: [x, weight], outputs: [y, inverse], upstream: dy }) => [
      () => {
        const projection = mul(mean(mul(dy, y), [-1], true), inverse);
        return mul(sub(mul(dy, weight), mul(x, projection)), inverse);
      },
      () => mul(dy, mul(x, inverse)),
    ],
  },

  // Further outputs: the mean and 1 / standard deviation of each row, kept for the gradient.
  layerNorm: {
    type: ([x, weight, bias]) => {
      for (const [vector, what] of [
        [weight, 'the weight'],
        [bias, 'the bias'],
      ] as const) {
        requireRank(vector, 1, what);
        if (vector.shape[0] !== x.shape[x.shape.length - 1]) throw new ShapeError(`${what} does not fit the rows`);
      }
      const perRow = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] };
      return [{ dtype: x.dtype, shape: x.shape }, perRow, perRow];
    },
    emit: emitLayerNorm,
    // With n = (x − mean)·inverse and g = dy·w: dx = (g − mean(g) − n·mean(g·n))·inverse.
    gradient: ({ inputs: [x, weight], outputs: [, center, inverse], upstream: dy }) => {
      const normal = (): Value => mul(sub(x, center), inverse);
      return [
        () => {
          const [g, n] = [mul(dy, weight), normal()];
          const projection = mul(n, mean(mul(g, n), [-1], true));
          return mul(sub(sub(g, mean(g, [-1], true)), projection), inverse);
        },
        () => mul(dy, normal()),
        () => dy,
      ];
    },
  },

  rope: {
    type: ([x, cos, sin], { heads }) => {
      requireRank(x, 3, 'x');
      const [, , width] = x.shape;
      if (typeof width !== 'number' || width !== heads * 2 * Number(cos.shape[1]) || cos.shape[1] !== sin.shape[1]) {
        throw new ShapeError(`rows of ${width} are not ${heads} heads of twice the tables' width`);
      }
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    emit: emitRope,
    gradient: ({ inputs: [, cos, sin, offset], params: { heads, inverse }, upstream: dy }) => [
      () => rope(dy, { cos, sin, offset }, { heads, inverse: !inverse }),
      undefined,
      undefined,
      undefined,
    ],
  },
};

function emitRmsNorm(
  e: Emitter,
  { names: [x, weight], inputs, params: { epsilon }, used }: Emission<PrimitiveParams['rmsNorm']>,
): readonly string[] {
  const { dtype } = inputs[0];
  const whole = !used[1] || e.supports('SimplifiedLayerNormalization inverse', dtype);
  if (whole && e.supports('SimplifiedLayerNormalization', dtype)) {
    const attributes = { axis: -1, epsilon: { float: epsilon }, stash_type: 1 };
    return e.ops('SimplifiedLayerNormalization', [x, weight], used[1] ? 2 : 1, attributes);
  }
  const meanSquare = e.op('ReduceMean', [e.op('Mul', [x, x]), e.ints([-1])], { keepdims: 1 });
  const inverse = e.op('Reciprocal', [e.op('Sqrt', [e.op('Add', [meanSquare, e.scalar(epsilon, dtype)])])]);
  return [e.op('Mul', [e.op('Mul', [x, inverse]), weight]), inverse];
}

function emitLayerNorm(
  e: Emitter,
  { names: [x, weight, bias], inputs, params: { epsilon }, used }: Emission<PrimitiveParams['layerNorm']>,
): readonly string[] {
  const { dtype } = inputs[0];
  if (e.supports('LayerNormalization', dtype)) {
    const attributes = { axis: -1, epsilon: { float: epsilon }, stash_type: 1 };
    return e.ops('LayerNormalization', [x, weight, bias], used[1] || used[2] ? 3 : 1, attributes);
  }
  const rowMean = (of: string): string => e.op('ReduceMean', [of, e.ints([-1])], { keepdims: 1 });
  const center = rowMean(x);
  const centered = e.op('Sub', [x, center]);
  const variance = rowMean(e.op('Mul', [centered, centered]));
  const inverse = e.op('Reciprocal', [e.op('Sqrt', [e.op('Add', [variance, e.scalar(epsilon, dtype)])])]);
  const scaled = e.op('Mul', [e.op('Mul', [centered, inverse]), weight]);
  return [e.op('Add', [scaled, bias]), center, inverse];
}

/** Pairs (a, b) of the two halves of a head turn to (a·cos − b·sin, b·cos + a·sin); the inverse turns back. */
function emitRope(
  e: Emitter,
  { names: [x, cos, sin, offset], inputs, params: { heads, inverse } }: Emission<PrimitiveParams['rope']>,
): readonly string[] {
  const [input, table] = inputs;
  const turn = inverse ? e.op('Neg', [sin]) : sin;
  if (e.supports('RotaryEmbedding', input.dtype)) {
    return [e.fused('RotaryEmbedding', [x, offset, cos, turn], { interleaved: 0, num_heads: heads })];
  }
  const half = Number(table.shape[1]);
  const [rows, length] = input.shape;
  const perHead = e.op('Reshape', [x, e.shape([rows, length, heads, 2 * half])]);
  const [a, b] = e.ops('Split', [perHead], 2, { axis: -1, num_outputs: 2 });
  const end = e.op('Add', [offset, e.dim(length)]);
  const at = (values: string): string =>
    e.op('Unsqueeze', [e.op('Slice', [values, offset, end, e.ints([0])]), e.ints([1])]);
  const [c, s] = [at(cos), at(turn)];
  const left = e.op('Sub', [e.op('Mul', [a, c]), e.op('Mul', [b, s])]);
  const right = e.op('Add', [e.op('Mul', [b, c]), e.op('Mul', [a, s])]);
  return [e.op('Reshape', [e.op('Concat', [left, right], { axis: -1 }), e.shape(input.shape)])];
}
