import type { MergeData } from '../../method';

export const concatenationData = {
  label: 'Concatenation: ranks add up',
  takes: [],
  grounds: ['factors'],
} as const satisfies MergeData;
