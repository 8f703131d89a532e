import { priorSettings } from '../../prior';
import type { WeightingData } from '../../weighting';

export const posteriorData = {
  name: 'posterior',
  label: 'posterior of the prefix',
  detail: 'all experts, each as probable as it is given the tokens before',
  settings: priorSettings,
} as const satisfies WeightingData;
