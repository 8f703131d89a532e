import { probeSettings } from '../../probes/settings';
import { signSettings } from '../../signs/settings';
import type { WeightingData } from '../../weighting';

export const combinedSettings = { ...probeSettings, ...signSettings } as const;

export const combinedData = {
  name: 'combined',
  label: 'probes and recent text',
  detail: 'all experts, by what their probes say and by how well each predicted the text of late',
  settings: combinedSettings,
} as const satisfies WeightingData;
