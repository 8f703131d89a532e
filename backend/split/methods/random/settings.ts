import type { MethodData } from '../method';

export const randomData: MethodData = {
  label: 'Random split',
  detail: 'Chance: what any other method must be better than.',
  pace: 'control',
  settings: {},
  beginsAnew: true,
};
