import { flag, type SettingsTable } from '../../../base/settings';
import { vectorSettings } from '../../features/settings';
import type { MethodData } from '../method';

export const kmeansSettings = {
  ...vectorSettings,
  balanced: { form: flag, label: 'Piles of One Size', help: 'piles of one size', default: false },
} as const satisfies SettingsTable;

const compared: Readonly<Record<string, string>> = { hidden: 'hidden states', sentence: 'sentence vectors' };

export const kmeansData: MethodData<typeof kmeansSettings> = {
  label: 'K-means',
  detail: 'By distances between vectors: of word counts, hidden states or sentences.',
  posterior: 'how near it lies to the middle of each pile, for how far documents are spread there',
  pace: 'seconds',
  settings: kmeansSettings,
  computes: ({ embedding }) => embedding === 'hidden',
  labelWith: ({ embedding }) => `K-means, ${compared[String(embedding)] ?? 'tf-idf'}`,
};
