import type { WeightingData } from '../../weighting';

export const bestSingleData: WeightingData = {
  name: 'best-single',
  label: 'one expert by prefix posterior',
  detail: 'the expert most probable given the tokens before',
};
