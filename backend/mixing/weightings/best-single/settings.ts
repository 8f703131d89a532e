import { priorSettings } from '../posterior/settings';
import type { WeightingData } from '../../weighting';

export const bestSingleData = {
  name: 'best-single',
  label: 'one expert by prefix posterior',
  detail: 'the expert most probable given the tokens before',
  settings: priorSettings,
} as const satisfies WeightingData;
