import type { WeightingData } from '../../weighting';

export const probeData: WeightingData = {
  name: 'probe',
  label: 'probe',
  detail: 'weights of the mixer, token by token',
};
