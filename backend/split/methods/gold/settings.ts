import type { MethodData } from '../method';

export const goldData: MethodData = {
  label: 'Gold domains',
  detail: 'A pile for each domain that the corpus names.',
  pace: 'control',
  settings: {},
  beginsAnew: true,
  byDomains: true,
};
