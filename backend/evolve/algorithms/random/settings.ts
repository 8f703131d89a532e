import type { AlgorithmData } from '../../algorithm';

export const randomData: AlgorithmData = {
  name: 'random',
  label: 'random search',
  detail: 'a control: the texts at the beginning are changed at random, and nothing is learned from what was found',
};
