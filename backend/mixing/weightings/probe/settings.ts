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
  probeOn: {
    form: choice({ experts: "each expert's own", base: "the base model's, for all experts" }),
    label: 'States that Probes Read',
    help: "whose hidden states probes read; where they are the base model's, no expert has to read a text for its weight",
    usual: () => 'experts' as const,
  },
} as const;

export const probeData = {
  name: 'probe',
  label: 'probe',
  detail: 'weights of the mixer, token by token',
  settings: probeWeightingSettings,
  rules: [
    {
      broken: ({ probeOn, sharedProbe }) => probeOn === 'base' && sharedProbe === true,
      message:
        "One probe for all experts ({sharedProbe}) says the same of each where it reads the base model's states.",
      next: "Leave it out, or let it read each expert's own states ({probeOn} experts).",
    },
  ],
} as const satisfies WeightingData;
