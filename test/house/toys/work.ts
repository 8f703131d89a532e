/** What the processes of toy runs do. */
import { splitEstimateOf } from '../../../backend/kinds/split/estimate';
import { splitInputs } from '../../../backend/kinds/split/inputs';
import { splitWith } from '../../../backend/kinds/split/work';
import { kindWork } from '../../../backend/kinds/work';
import { fileWork, modelWork, type WorkTable } from '../../../backend/kinds/work-entry';
import { methodTable } from '../../../backend/split/methods/table';
import { length } from './method';
import { tally, tallyInputs } from './tally';

const methods = { ...methodTable, length };

export const toyWork: WorkTable = {
  ...kindWork,
  split: modelWork(
    'split',
    splitInputs,
    () => Promise.resolve(splitWith(methods)),
    () => Promise.resolve(splitEstimateOf(methods)),
  ),
  tally: fileWork('tally', tallyInputs, () => Promise.resolve(tally)),
};
