/** What the processes of toy runs do. */
import { compareEstimateOf } from '../../../backend/kinds/compare/estimate';
import { compareInputs } from '../../../backend/kinds/compare/inputs';
import { compareWith } from '../../../backend/kinds/compare/work';
import { evaluateEstimate } from '../../../backend/kinds/evaluate/estimate';
import { evaluateInputs } from '../../../backend/kinds/evaluate/inputs';
import { evaluateWith } from '../../../backend/kinds/evaluate/work';
import { mixEstimateOf } from '../../../backend/kinds/mix/estimate';
import { mixInputs } from '../../../backend/kinds/mix/inputs';
import { mixWith } from '../../../backend/kinds/mix/work';
import { splitEstimateOf } from '../../../backend/kinds/split/estimate';
import { splitInputs } from '../../../backend/kinds/split/inputs';
import { splitWith } from '../../../backend/kinds/split/work';
import { kindWork } from '../../../backend/kinds/work';
import { fileWork, modelWork, type WorkTable } from '../../../backend/kinds/work-entry';
import { methodTable } from '../../../backend/split/methods/table';
import { length } from './method';
import { tally, tallyInputs } from './tally';
import { toyWeightings } from './weighting';

const methods = { ...methodTable, length };

export const toyWork: WorkTable = {
  ...kindWork,
  split: modelWork(
    'split',
    splitInputs,
    () => Promise.resolve(splitWith(methods)),
    () => Promise.resolve(splitEstimateOf(methods)),
  ),
  compare: modelWork(
    'compare',
    compareInputs,
    () => Promise.resolve(compareWith({ methods, entries: toyWeightings })),
    () => Promise.resolve(compareEstimateOf(methods, toyWeightings)),
  ),
  mix: modelWork(
    'mix',
    mixInputs,
    () => Promise.resolve(mixWith(toyWeightings)),
    () => Promise.resolve(mixEstimateOf(toyWeightings)),
  ),
  evaluate: modelWork(
    'evaluate',
    evaluateInputs,
    () => Promise.resolve(evaluateWith(toyWeightings)),
    () => Promise.resolve(evaluateEstimate),
  ),
  tally: fileWork('tally', tallyInputs, () => Promise.resolve(tally)),
};
