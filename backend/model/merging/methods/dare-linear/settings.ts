import type { MergeData } from '../../method';

export const dareLinearData = {
  label: 'DARE',
  takes: ['density', 'seed'],
  grounds: ['deltas', 'factors'],
} as const satisfies MergeData;
