/** Reading and adding rows by index. */
import { multiplyDims, sameShape } from '../dims';
import { ShapeError } from '../graph';
import { gather, scatterAdd } from '../ops';
import type { Family } from './primitive';
import { requireDType, requireRank } from './rules';

export const indexing: Family<'gather' | 'scatterAdd'> = {
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
      const count = multiplyDims(...inputs[1].shape);
      const columns = outputs[0].shape[1];
      const zeros = e.op('Expand', [e.scalar(0, outputs[0].dtype), e.shape(outputs[0].shape)]);
      const flatIds = e.op('Reshape', [ids, e.shape([count, 1])]);
      const flatUpdates = e.op('Reshape', [updates, e.shape([count, columns])]);
      return [e.op('ScatterND', [zeros, flatIds, flatUpdates], { reduction: 'add' })];
    },
    gradient: ({ inputs: [, ids], upstream: dy }) => [() => gather(dy, ids), undefined],
  },
};
