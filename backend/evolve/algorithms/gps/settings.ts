import type { AlgorithmData } from '../../algorithm';

export const gpsData: AlgorithmData = {
  name: 'gps',
  label: 'genetic prompt search',
  detail:
    'the best of a generation are gone on with, said in other words and filled in anew; at last the best of all generations',
};
