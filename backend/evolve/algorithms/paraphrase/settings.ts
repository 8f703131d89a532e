import type { AlgorithmData } from '../../algorithm';

export const paraphraseData: AlgorithmData = {
  name: 'paraphrase',
  label: 'paraphrases',
  detail: 'a control: the best text at the beginning in other words, again and again',
};
