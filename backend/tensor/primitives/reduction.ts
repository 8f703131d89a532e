/** Sums and means over axes. */
import type { Dim, Shape } from '../dims';
import type { TensorType, Value } from '../graph';
import { div, expand, reshape, scalar } from '../ops';
import type { PrimitiveFamily, Primitive, PrimitiveParams } from './primitive';
import { resolveAxis } from './rules';

type Params = PrimitiveParams['sum'];

function reducedShape(shape: Shape, { axes, keepDims }: Params): Dim[] {
  const reduced = axes.map((axis) => resolveAxis(axis, shape));
  return shape.flatMap((dim, i) => (reduced.includes(i) ? (keepDims ? [1] : []) : [dim]));
}

function reduction(onnx: string, gradient: Primitive<Params>['gradient']): Primitive<Params> {
  return {
    type: ([x]: readonly TensorType[], params) => [{ dtype: x.dtype, shape: reducedShape(x.shape, params) }],
    emit: (e, { names: [x], params: { axes, keepDims } }) => [
      e.op(onnx, [x, e.ints(axes)], { keepdims: keepDims ? 1 : 0 }),
    ],
    gradient,
  };
}

/** Spreads a reduced tensor over the shape it was reduced from. */
function spread(dy: Value, shape: Shape, params: Params): Value {
  return expand(reshape(dy, reducedShape(shape, { ...params, keepDims: true })), shape);
}

export const reductions: PrimitiveFamily<'sum' | 'mean'> = {
  sum: reduction('ReduceSum', ({ inputs: [x], params, upstream: dy }) => [() => spread(dy, x.shape, params)]),
  mean: reduction('ReduceMean', ({ inputs: [x], params, upstream: dy }) => [
    () => {
      const count = params.axes.reduce((product, axis) => {
        const dim = x.shape[resolveAxis(axis, x.shape)];
        if (typeof dim === 'string') throw new Error(`the gradient of a mean over ${dim} needs a length known before`);
        return product * dim;
      }, 1);
      return div(spread(dy, x.shape, params), scalar(x, count));
    },
  ]),
};
