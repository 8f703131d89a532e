import { z } from 'zod';
import { readHere } from '../../reading';
import type { FittedWeighting, Weighting } from '../../weighting';
import { bestByValidationData } from './settings';

const schema = z.object({ k: z.int().positive(), best: z.int().nonnegative() }).refine(({ k, best }) => best < k);
type Chosen = z.infer<typeof schema>;

/** One expert speaks whatever the text is: the one under which the validation texts are likeliest. */
export const bestByValidation: Weighting = {
  ...bestByValidationData,
  fit: async ({ model, stack, validation, reading = readHere(model, stack) }, { signal }) => {
    const k = stack.count;
    const weighting = oneExpert({ k, best: 0 });
    const totals = new Float64Array(k);
    for (const { nll, n } of await reading.evidence(validation, weighting, () => signal.throwIfAborted())) {
      nll.forEach((nats, i) => (totals[Math.floor(i / n)] += nats));
    }
    return { weighting: oneExpert({ k, best: totals.indexOf(Math.min(...totals)) }) };
  },
  open: (json) => oneExpert(schema.parse(json)),
};

function oneExpert({ k, best }: Chosen): FittedWeighting {
  const weights = new Float64Array(k).fill(-Infinity);
  weights[best] = 0;
  return {
    k,
    needs: {},
    memory: 'text',
    figures: {},
    start: () => () => weights,
    toJson: () => ({ weighting: bestByValidation.name, k, best }),
  };
}
