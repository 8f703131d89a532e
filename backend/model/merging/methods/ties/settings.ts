import type { MergeData } from '../../method';

export const tiesData = {
  label: 'TIES',
  takes: ['density', 'sign'],
  density: 0.2,
  usualWeight: (ground, count) => (ground === 'factors' ? 1 : 1 / count),
  grounds: ['deltas', 'factors'],
} as const satisfies MergeData;
