import type { WeightingData } from '../../weighting';

export const contrastData: WeightingData = {
  name: 'contrast',
  label: 'recent text, told beside the base model',
  detail:
    'all experts, by how well each predicted the text of late, and what they add to the base model the more strongly',
};
