import type { WeightingData } from '../../weighting';

export const uniformData: WeightingData = {
  name: 'uniform',
  label: 'equal weights',
  detail: 'all experts, with equal weights',
};
