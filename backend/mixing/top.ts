/** The heaviest experts alone: top-1, top-2 … of any weighting. */
import { logSumExp } from '../model/decoding/sampling';
import type { FittedWeighting } from './weighting';

/** The same weights, of which only the `top` largest stay; they sum to one again. */
export function onlyTop(weighting: FittedWeighting, top: number): FittedWeighting {
  return {
    ...weighting,
    start: () => {
      const read = weighting.start();
      return (token) => heaviest(read(token), top);
    },
    toJson: () => ({ ...weighting.toJson(), top }),
  };
}

/** log weights [k]; of equal ones the first stay. */
function heaviest(weights: Float64Array, top: number): Float64Array {
  const chosen = Array.from(weights.keys())
    .sort((a, b) => weights[b] - weights[a])
    .slice(0, top);
  const total = logSumExp(chosen.map((e) => weights[e]));
  const result = new Float64Array(weights.length).fill(-Infinity);
  for (const e of chosen) result[e] = weights[e] - total;
  return result;
}
