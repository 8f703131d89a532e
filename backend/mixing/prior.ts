/** What is believed of the experts before any text was read: the priors of DEMix (Gururangan et al. 2022), and the shares of the piles. */
import { choice, type SettingsTable } from '../base/settings';

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
