import type { AlgorithmData } from '../../algorithm';

export const gaData: AlgorithmData = {
  name: 'ga',
  label: 'genetic algorithm',
  detail: 'two parents are crossed and the child is changed; the fittest of all stay',
};
