import { signSettings } from '../../signs/settings';
import type { WeightingData } from '../../weighting';

export const recentData = {
  name: 'recent',
  label: 'recent text',
  detail: 'all experts, by how well each predicted the text of late',
  settings: signSettings,
} as const satisfies WeightingData;
