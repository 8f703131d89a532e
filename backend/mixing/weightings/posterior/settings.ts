import type { WeightingData } from '../../weighting';

export const posteriorData: WeightingData = {
  name: 'posterior',
  label: 'posterior of the prefix',
  detail: 'all experts, each as probable as it is given the tokens before',
};
