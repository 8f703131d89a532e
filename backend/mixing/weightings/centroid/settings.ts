import type { WeightingData } from '../../weighting';

export const centroidData: WeightingData = {
  name: 'centroid',
  label: 'nearness to the piles',
  detail: 'all experts, by how near the text so far is to the middle of their piles',
};
