import type { WeightingData } from '../../weighting';

export const recentData: WeightingData = {
  name: 'recent',
  label: 'recent text',
  detail: 'all experts, by how well each predicted the text of late',
};
