import { choice } from '../../../base/settings';
import { probeSettings } from '../../probes/settings';
import type { WeightingData } from '../../weighting';

export const probeWeightingSettings = {
  ...probeSettings,
  normalisation: {
    form: choice({
      softmax: 'softmax over the experts',
      sigmoid: "each expert's own confidence, then in parts of their sum",
    }),
    label: 'Weights from Logits',
    help: "how probes' logits become weights",
    usual: () => 'softmax' as const,
  },
} as const;

export const probeData = {
  name: 'probe',
  label: 'probe',
  detail: 'weights of the mixer, token by token',
  settings: probeWeightingSettings,
} as const satisfies WeightingData;
