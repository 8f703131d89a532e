import type { MergeData } from '../../method';

export const magnitudePruneData = {
  label: 'Largest changes',
  takes: ['density'],
  density: 0.2,
  grounds: ['deltas', 'factors'],
} as const satisfies MergeData;
