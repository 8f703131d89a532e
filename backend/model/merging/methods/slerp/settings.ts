import type { MergeData } from '../../method';

export const slerpData = {
  label: 'SLERP, between two experts',
  takes: ['t'],
  experts: 2,
  grounds: ['weights', 'deltas'],
} as const satisfies MergeData;
