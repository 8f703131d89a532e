import type { AlgorithmData } from '../../algorithm';

export const deData: AlgorithmData = {
  name: 'de',
  label: 'differential evolution',
  detail:
    'what two others differ by goes into the best text; a child takes the place of the text that it came from where it is better',
};
