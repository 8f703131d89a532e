import type { WeightingData } from '../../weighting';

export const bestByValidationData: WeightingData = {
  name: 'best-by-validation',
  label: 'one expert by validation',
  detail: 'the one expert that predicts the validation texts best, whatever the text',
};
