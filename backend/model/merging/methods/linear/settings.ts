import type { MergeData } from '../../method';

export const linearData = {
  label: 'Weighted sum',
  takes: [],
  grounds: ['deltas', 'factors'],
} as const satisfies MergeData;
