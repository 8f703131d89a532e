import { probeSettings } from '../../probes/settings';
import type { WeightingData } from '../../weighting';

export const combinedData = {
  name: 'combined',
  label: 'probes and recent text',
  detail: 'all experts, by what their probes say and by how well each predicted the text of late',
  settings: probeSettings,
} as const satisfies WeightingData;
