import { choice, type SettingsTable } from '../../../base/settings';
import type { WeightingData } from '../../weighting';

/** What is believed of the experts before any text was read: the priors of DEMix (Gururangan et al. 2022), and the shares of the piles. */
export const priorSettings = {
  prior: {
    form: choice({
      piles: "the piles' shares of the training documents",
      even: 'equal for all experts',
      validation: 'the mean posterior at the ends of the validation texts',
      moving: 'the mean posterior of the text so far, the latest stretches most',
    }),
    label: 'Prior',
    help: 'what is believed of the experts before any text was read',
    usual: () => 'piles' as const,
  },
} as const satisfies SettingsTable;

export const posteriorData = {
  name: 'posterior',
  label: 'posterior of the prefix',
  detail: 'all experts, each as probable as it is given the tokens before',
  settings: priorSettings,
} as const satisfies WeightingData;
