import type { MergeData } from '../../method';

export const dareTiesData = {
  label: 'DARE, then TIES',
  takes: ['density', 'sign', 'seed'],
  usualWeight: (ground, count) => (ground === 'factors' ? 1 : 1 / count),
  grounds: ['deltas', 'factors'],
} as const satisfies MergeData;
