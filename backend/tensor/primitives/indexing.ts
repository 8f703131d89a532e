/** Reading and adding rows by index. */
import { multiplyDims, sameShape } from '../dims';
import type { Emitter } from '../emitter';
import { ShapeError, type TensorType } from '../graph';
import { gather, scatterAdd } from '../ops';
import type { PrimitiveFamily } from './primitive';
import { requireDType, requireRank } from './rules';

export const indexing: PrimitiveFamily<'gather' | 'scatterAdd'> = {
  gather: {
    type: ([table, ids]) => {
      requireRank(table, 2, 'the table');
      requireDType(ids, 'int64', 'ids');
      return [{ dtype: table.dtype, shape: [...ids.shape, table.shape[1]] }];
    },
    emit: (e, { names }) => [e.op('Gather', names, { axis: 0 })],
    gradient: ({ inputs: [table, ids], upstream: dy }) => [() => scatterAdd(dy, ids, table.shape[0]), undefined],
  },

  scatterAdd: {
    type: ([updates, ids], { rows }) => {
      requireDType(ids, 'int64', 'ids');
      if (!sameShape(updates.shape.slice(0, -1), ids.shape))
        throw new ShapeError('one row of updates per id is needed');
      return [{ dtype: updates.dtype, shape: [rows, updates.shape[updates.shape.length - 1]] }];
    },
    emit: (e, { names: [updates, ids], inputs, outputs }) => {
      const shape = [multiplyDims(...inputs[1].shape), outputs[0].shape[1]];
      const table = e.op('Expand', [e.scalar(0, outputs[0].dtype), e.shape(outputs[0].shape)]);
      const rows = e.op('Reshape', [updates, e.shape(shape)]);
      return [addRows(e, { table, ids, rows }, { dtype: outputs[0].dtype, shape })];
    },
    gradient: ({ inputs: [, ids], upstream: dy }) => [() => gather(dy, ids), undefined],
  },
};

/** `table` with row n of `rows`, which has the given type [N, D], added at row `ids[n]`; an id may come many times. */
export function addRows(
  e: Emitter,
  { table, ids, rows }: { table: string; ids: string; rows: string },
  { dtype, shape }: TensorType,
): string {
  const perRow = e.op('Reshape', [ids, e.shape([shape[0], 1])]);
  if (e.supports('ScatterND add', dtype)) return e.op('ScatterND', [table, perRow, rows], { reduction: 'add' });
  const perElement = e.op('Expand', [perRow, e.shape(shape)]);
  return e.op('ScatterElements', [table, perElement, rows], { axis: 0, reduction: 'add' });
}
