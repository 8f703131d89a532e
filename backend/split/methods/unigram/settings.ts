import { besideWordsSettings } from '../../features/settings';
import type { MethodData } from '../method';

export const unigramData: MethodData<typeof besideWordsSettings> = {
  label: 'Unigram EM',
  detail: 'By the words that documents use, without a base model.',
  posterior: 'how likely its words are in each pile, its own taken out',
  pace: 'seconds',
  settings: besideWordsSettings,
  likelihoodPer: 'word',
};
