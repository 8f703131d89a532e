/** How probes are trained. */
import { choice, flag, type SettingsTable, whole } from '../../base/settings';

export const probeSettings = {
  probe: {
    form: choice({
      linear: 'logistic regression',
      'hidden-layer': 'one hidden layer of 16 units',
      ridge: 'ridge regression, in closed form',
    }),
    label: 'Probe',
    help: 'what reads hidden states',
    usual: () => 'linear' as const,
  },
  sharedProbe: {
    form: flag,
    label: 'One Probe for All Experts',
    help: 'one probe reads the hidden states of all experts, instead of one for each',
    usual: () => false,
  },
  classWeights: {
    form: choice({ even: 'both weigh the same in sum', none: 'every token weighs the same' }),
    label: 'Weights of Classes',
    help: "how much tokens of an expert's pile weigh against those of all others while its probe learns",
    usual: () => 'even' as const,
  },
  earlyTokens: {
    form: whole(0, 10_000),
    label: 'Early Tokens Count Less',
    help: 'a token after t others counts t / (t + this) while probes learn: the beginning of a text tells little of its pile',
    unit: 'tokens',
    usual: () => 0,
  },
} as const satisfies SettingsTable;
