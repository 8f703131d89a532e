import { probeSettings } from '../../probes/settings';
import type { WeightingData } from '../../weighting';

export const contrastSettings = probeSettings;

export const contrastData = {
  name: 'contrast',
  label: 'probes and recent text, told beside the base model',
  detail:
    'all experts, by what their probes say and by how well each predicted the text of late, and what they add to the base model the more strongly',
  settings: contrastSettings,
} as const satisfies WeightingData;
