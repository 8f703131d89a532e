import { between, flag, type SettingsTable } from '../../../base/settings';
import type { WeightingData } from '../../weighting';

export const centroidSettings = {
  temperature: {
    form: between(0.0001, 1000),
    label: 'Temperature',
    help: 'of the softmax over nearness: the lower, the more the nearest pile says alone',
    usual: () => 0.1,
  },
  fitTemperature: {
    form: flag,
    label: 'Fit the Temperature',
    help: 'take the temperature under which the validation texts are likeliest',
    usual: () => false,
  },
} as const satisfies SettingsTable;

export const centroidData = {
  name: 'centroid',
  label: 'nearness to the piles',
  detail: 'all experts, by how near the text so far is to the middle of their piles',
  settings: centroidSettings,
} as const satisfies WeightingData;
