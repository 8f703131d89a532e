/** Primitives that move elements without computing. */
import { addDims, broadcastShapes, type Dim, multiplyDims, sameShape, type Shape, showShape } from '../dims';
import { ShapeError } from '../graph';
import { pad, placeRows, reshape, rowsAt, slice, transpose } from '../ops';
import type { PrimitiveFamily } from './primitive';
import { requireRank, resolveAxis } from './rules';

export const movement: PrimitiveFamily<
  'reshape' | 'transpose' | 'expand' | 'concat' | 'split' | 'slice' | 'pad' | 'rowsAt' | 'placeRows'
> = {
  reshape: {
    type: ([x], { shape }) => {
      if (multiplyDims(...x.shape) !== multiplyDims(...shape)) {
        throw new ShapeError(`${showShape(x.shape)} and ${showShape(shape)} do not hold the same number of elements`);
      }
      return [{ dtype: x.dtype, shape }];
    },
    emit: (e, { names: [x], inputs, params }) => [
      e.op('Reshape', [x, staticTarget(inputs[0].shape, params.shape, (s) => e.ints(s)) ?? e.shape(params.shape)]),
    ],
    gradient: ({ inputs: [x], upstream: dy }) => [() => reshape(dy, x.shape)],
  },

  transpose: {
    type: ([x], { perm }) => {
      const valid = perm.length === x.shape.length && perm.every((_, i) => perm.includes(i));
      if (!valid) throw new ShapeError(`[${perm.join(', ')}] is no permutation of ${showShape(x.shape)}`);
      return [{ dtype: x.dtype, shape: perm.map((axis) => x.shape[axis]) }];
    },
    emit: (e, { names, params }) => [e.op('Transpose', names, { perm: params.perm })],
    gradient: ({ params: { perm }, upstream: dy }) => [
      () =>
        transpose(
          dy,
          perm.map((_, i) => perm.indexOf(i)),
        ),
    ],
  },

  expand: {
    type: ([x], { shape }) => {
      const result = broadcastShapes(x.shape, shape);
      if (result === undefined || !sameShape(result, shape)) {
        throw new ShapeError(`${showShape(x.shape)} does not expand to ${showShape(shape)}`);
      }
      return [{ dtype: x.dtype, shape }];
    },
    emit: (e, { names: [x], params }) => [e.op('Expand', [x, e.shape(params.shape)])],
    gradient: ({ upstream: dy }) => [() => dy],
  },

  concat: {
    type: (parts, { axis }) => {
      const at = resolveAxis(axis, parts[0].shape);
      const others = (shape: Shape): Shape => shape.filter((_, i) => i !== at);
      if (!parts.every((part) => sameShape(others(part.shape), others(parts[0].shape)))) {
        throw new ShapeError(`shapes differ outside axis ${axis}`);
      }
      const length = parts.map((part) => part.shape[at]).reduce(addDims);
      return [{ dtype: parts[0].dtype, shape: parts[0].shape.map((dim, i) => (i === at ? length : dim)) }];
    },
    emit: (e, { names, params }) => [e.op('Concat', names, { axis: params.axis })],
    gradient: ({ inputs, params: { axis }, upstream: dy }) => {
      const at = resolveAxis(axis, inputs[0].shape);
      let start = 0;
      return inputs.map((part) => {
        const from = start;
        const length = knownLength(part.shape[at]);
        start += length;
        return () => slice(dy, at, from, from + length);
      });
    },
  },

  split: {
    type: ([x], { axis, sizes }) => {
      const at = resolveAxis(axis, x.shape);
      if (sizes.reduce((a, b) => a + b, 0) !== x.shape[at]) throw new ShapeError(`the parts do not fill axis ${axis}`);
      return sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.map((dim, i) => (i === at ? size : dim)) }));
    },
    emit: (e, { names: [x], params: { axis, sizes } }) => e.ops('Split', [x, e.ints(sizes)], sizes.length, { axis }),
    gradient: 'none',
  },

  slice: {
    type: ([x], { axis, start, end }) => {
      const at = resolveAxis(axis, x.shape);
      const length = knownLength(x.shape[at]);
      if (start < 0 || end > length || start >= end) throw new ShapeError(`[${start}, ${end}) is outside axis ${axis}`);
      return [{ dtype: x.dtype, shape: x.shape.map((dim, i) => (i === at ? end - start : dim)) }];
    },
    emit: (e, { names: [x], params: { axis, start, end } }) => [
      e.op('Slice', [x, e.ints([start]), e.ints([end]), e.ints([axis])]),
    ],
    gradient: ({ inputs: [x], params: { axis, start, end }, upstream: dy }) => {
      const at = resolveAxis(axis, x.shape);
      return [() => pad(dy, at, start, knownLength(x.shape[at]) - end)];
    },
  },

  pad: {
    type: ([x], { axis, before, after }) => {
      const at = resolveAxis(axis, x.shape);
      return [{ dtype: x.dtype, shape: x.shape.map((d, i) => (i === at ? knownLength(d) + before + after : d)) }];
    },
    emit: (e, { names: [x], inputs, params: { axis, before, after } }) => {
      const amounts = e.ints([before, after]);
      return [e.op('Pad', [x, amounts, e.scalar(0, inputs[0].dtype), e.ints([axis])])];
    },
    gradient: ({ inputs: [x], params: { axis, before }, upstream: dy }) => {
      const length = knownLength(x.shape[resolveAxis(axis, x.shape)]);
      return [() => slice(dy, axis, before, before + length)];
    },
  },

  rowsAt: {
    type: ([table], { length }) => {
      requireRank(table, 2, 'the table');
      return [{ dtype: table.dtype, shape: [length, table.shape[1]] }];
    },
    emit: (e, { names: [table, offset], params: { length } }) => [
      e.op('Slice', [table, offset, e.op('Add', [offset, e.dim(length)]), e.ints([0])]),
    ],
    gradient: ({ inputs: [table, offset], upstream: dy }) => [
      () => placeRows(dy, offset, knownLength(table.shape[0])),
      undefined,
    ],
  },

  placeRows: {
    type: ([x], { rows }) => {
      requireRank(x, 2, 'x');
      return [{ dtype: x.dtype, shape: [rows, x.shape[1]] }];
    },
    emit: (e, { names: [x, offset], inputs, params: { rows } }) => {
      const after = e.op('Sub', [e.ints([rows]), e.op('Add', [offset, e.dim(inputs[0].shape[0])])]);
      const amounts = e.op('Concat', [offset, after], { axis: 0 });
      return [e.op('Pad', [x, amounts, e.scalar(0, inputs[0].dtype), e.ints([0])])];
    },
    gradient: ({ inputs: [x, offset], upstream: dy }) => [() => rowsAt(dy, offset, x.shape[0]), undefined],
  },
};

/** Cutting needs a length that is known when the graph is traced. */
function knownLength(dim: Dim): number {
  if (typeof dim === 'string') throw new ShapeError(`the length ${dim} is not known before the graph runs`);
  return dim;
}

/** A constant target with ONNX's 0 (keep) and −1 (infer) for symbolic dimensions, where these suffice. */
function staticTarget(from: Shape, to: Shape, ints: (shape: number[]) => string): string | undefined {
  let inferred = false;
  const target: number[] = [];
  for (const [i, dim] of to.entries()) {
    if (typeof dim === 'number') target.push(dim);
    else if (from[i] === dim) target.push(0);
    else if (inferred) return undefined;
    else {
      inferred = true;
      target.push(-1);
    }
  }
  return ints(target);
}
