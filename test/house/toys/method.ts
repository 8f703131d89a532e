/** A splitting method of a test: by the length of texts. */
import { choice, whole } from '../../../backend/base/settings';
import { keepingTo } from '../../../backend/split/constraints/balance';
import type { MethodData } from '../../../backend/split/methods/method';
import { checked, type SplitMethod } from '../../../backend/split/methods/split-method';

const settings = {
  step: { form: whole(1, 1000), label: 'Step', help: 'characters of a step', unit: 'characters', default: 10 },
  order: {
    form: choice({ rising: 'short ones first', falling: 'long ones first' }),
    label: 'Order',
    help: 'which texts come first',
    otherwise: 'rising',
  },
} as const;

export const lengthData: MethodData<typeof settings> = {
  label: 'By length',
  detail: 'By the length of the texts.',
  pace: 'seconds',
  settings,
};

const byLength: SplitMethod<typeof settings> = {
  ...lengthData,
  run: ({ corpus, k, groups }, { step, order }) => {
    const steps = corpus.train.map(({ text }) => Math.floor(text.length / step) % k);
    const drawn = Int32Array.from(steps, (pile) => (order === 'falling' ? k - 1 - pile : pile));
    return Promise.resolve({ assignments: keepingTo(groups, drawn, k), settings: { step } });
  },
};

export const length = checked(byLength);
