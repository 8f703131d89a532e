/** Weightings of a test: the experts take turns, or the one speaks whose hidden state says most. */
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

const kept = z.object({ k: z.int().positive(), size: z.int().positive() });

const loudest: Weighting = {
  name: 'loudest',
  label: 'the loudest',
  detail: 'the expert whose hidden state begins with the largest number',
  fit: ({ stack, model }) => Promise.resolve({ weighting: byLoudness(stack.count, model.config.hiddenSize) }),
  open: (json) => {
    const { k, size } = kept.parse(json);
    return byLoudness(k, size);
  },
};

function byLoudness(k: number, size: number): FittedWeighting {
  const [most, rest] = [Math.log(0.97), Math.log(0.03 / (k - 1))];
  return {
    k,
    needs: { hidden: { size, opinion: (states, from) => states[from] } },
    memory: 'stretch',
    figures: {},
    start: () => {
      return ({ opinions }) => {
        const lead = opinions.indexOf(Math.max(...opinions));
        return opinions.map((_, expert) => (expert === lead ? most : rest));
      };
    },
    toJson: () => ({ weighting: loudest.name, k, size }),
  };
}

export const toyWeightings = [...weightings, turns, loudest];
