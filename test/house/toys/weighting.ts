/** A weighting of a test: the experts take turns, token by token. */
import { z } from 'zod';
import type { FittedWeighting, Weighting } from '../../../backend/mixing/weighting';
import { weightings } from '../../../backend/mixing/weightings';

const schema = z.object({ k: z.int().positive() });

const turns: Weighting = {
  name: 'turns',
  label: 'turns',
  detail: 'the expert whose turn it is',
  fit: ({ stack }) => Promise.resolve({ weighting: takingTurns(stack.count) }),
  open: (json) => takingTurns(schema.parse(json).k),
};

function takingTurns(k: number): FittedWeighting {
  const [most, rest] = [Math.log(0.98), Math.log(0.02 / (k - 1))];
  return {
    k,
    needs: {},
    memory: 'text',
    figures: {},
    start: () => {
      let read = 0;
      return () => {
        const turn = read++ % k;
        return Float64Array.from({ length: k }, (_, expert) => (expert === turn ? most : rest));
      };
    },
    toJson: () => ({ weighting: turns.name, k }),
  };
}

export const toyWeightings = [...weightings, turns];
