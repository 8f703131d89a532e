/** What the toy programs can do: all that this version can, and the toys. */
import { compareKindOf } from '../../../backend/kinds/compare/spec';
import { mixKindOf } from '../../../backend/kinds/mix/spec';
import { splitKindOf } from '../../../backend/kinds/split/spec';
import { runKinds } from '../../../backend/kinds/specs';
import { type Registries, standardRegistries } from '../../../backend/server/registries';
import { splitMethods } from '../../../backend/split/methods/settings';
import { lengthData } from './method';
import { tallyInputs, tallyKind } from './tally';
import { toyWeightings } from './weighting';

const methods = { ...splitMethods, length: lengthData };

export const toyRegistries: Registries = {
  kinds: {
    ...runKinds,
    compare: compareKindOf(methods, toyWeightings),
    split: splitKindOf(methods),
    mix: mixKindOf(toyWeightings),
    tally: tallyKind,
  },
  methods,
  inputs: { ...standardRegistries.inputs, tally: tallyInputs },
  programs: {
    runner: 'test/house/toys/runner',
    estimator: 'test/house/toys/estimator',
    inference: 'test/house/toys/inference',
  },
};
