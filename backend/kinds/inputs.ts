/** How each kind of run comes to what it reads from the project. */
import { compareInputs } from './compare/inputs';
import { evaluateInputs } from './evaluate/inputs';
import { evolveInputs } from './evolve/inputs';
import { examInputs } from './exam/inputs';
import { importExpertsInputs } from './import-experts/inputs';
import { indexInputs } from './index/inputs';
import { mergeInputs } from './merge/inputs';
import { mixInputs } from './mix/inputs';
import { noInputs, type KindInputs } from './shared/inputs';
import { splitInputs } from './split/inputs';
import type { SpecsByKind } from './specs';
import { sweepInputs } from './sweep/inputs';
import { trainInputs } from './train/inputs';

export const kindInputs = {
  import: noInputs,
  'import-questions': noInputs,
  'import-experts': importExpertsInputs,
  index: indexInputs,
  split: splitInputs,
  train: trainInputs,
  mix: mixInputs,
  evaluate: evaluateInputs,
  compare: compareInputs,
  exam: examInputs,
  evolve: evolveInputs,
  sweep: sweepInputs,
  merge: mergeInputs,
  pull: noInputs,
  pipeline: noInputs,
} as const satisfies { readonly [K in keyof SpecsByKind]: KindInputs<SpecsByKind[K], unknown> };
