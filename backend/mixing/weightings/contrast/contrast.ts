import { z } from 'zod';
import { spokenNats } from '../../evidence';
import { readHere } from '../../reading';
import type { Exponents, FittedWeighting, Weighting } from '../../weighting';
import { probePositions } from '../../probes/train';
import { combined, openCombined } from '../combined/combined';
import { openRecent } from '../recent/recent';
import { contrastData, type contrastSettings } from './settings';

const number = z.number();
const exponents = z.array(z.object({ mixture: number, base: number })).min(1);
/** An earlier form has the mixture of recent text alone. */
const schema = z.union([z.object({ combined: z.unknown(), exponents }), z.object({ recent: z.unknown(), exponents })]);

// The loss is convex in the exponents, and nearly a parabola: one step from the mixture, and one from there, are enough.
const steps = 2;
/** Tokens that two numbers are fitted to, about: each needs whole distributions. */
const mostTokens = 10_000;

/**
 * Experts weighed by probes and the recent text, and their mixture contrasted with the base model: q^α · b^β, normalised. DExperts (Liu et
 * al. 2021) has α + β = 1; here both are those under which the validation texts are likeliest.
 */
export const contrast: Weighting<typeof contrastSettings> = {
  ...contrastData,
  positions: probePositions,
  readings: steps + 1,
  fit: async (given, watch, values) => {
    const { model, stack, validation, reading = readHere(model, stack) } = given;
    const { weighting } = await combined.fit(given, watch, values);
    const read = beginningOf(validation, mostTokens);
    const lossesAt = async (exponents: readonly Exponents[]): Promise<number[]> => {
      const tried = contrastWeights(weighting, exponents);
      const texts = await reading.evidence(read, tried, () => watch.signal.throwIfAborted());
      return exponents.map((one, g) => {
        const nats = texts.flatMap((text) => [...spokenNats(text, g)]);
        return nats.reduce((sum, value) => sum + value, doubt(one)) / Math.max(1, nats.length);
      });
    };
    let best: Exponents = { mixture: 1, base: 0 };
    for (let step = 1; step <= steps; step++) {
      watch.report({ stage: 'Contrasting with the base model', done: step, total: steps, unit: 'steps' });
      best = newtonStep(best, await lossesAt(around(best)));
    }
    return { weighting: contrastWeights(weighting, [best]) };
  },
  open: (json) => {
    const kept = schema.parse(json);
    const mixture = 'combined' in kept ? openCombined(kept.combined) : openRecent(kept.recent);
    return contrastWeights(mixture, kept.exponents);
  },
};

function contrastWeights(weighting: FittedWeighting, exponents: readonly Exponents[]): FittedWeighting {
  return {
    ...weighting,
    base: 'contrasted',
    exponents,
    toJson: () => ({ weighting: contrast.name, combined: weighting.toJson(), exponents }),
  };
}

/** Between exponents whose losses tell the slope and the curvature. */
const h = 0.05;
/** How far the exponents are thought to lie from those of the plain mixture before a text is read: a few texts do not move them far. */
const spread = 0.1;

/** The nats that such exponents cost by that: −log of a normal density around the mixture, but for a constant. */
const doubt = ({ mixture, base }: Exponents): number => ((mixture - 1) ** 2 + base ** 2) / (2 * spread ** 2);

/** The first texts that have so many tokens together. */
function beginningOf(texts: readonly Int32Array[], tokens: number): Int32Array[] {
  let read = 0;
  return texts.filter(({ length }) => (read += length) - length < tokens);
}

/** Exponents and their neighbours on a grid [3, 3], those of the mixture slower. */
function around({ mixture, base }: Exponents): Exponents[] {
  const offsets = [-h, 0, h];
  return offsets.flatMap((dm) => offsets.map((db) => ({ mixture: mixture + dm, base: base + db })));
}

/** A step of Newton's method from the middle of the grid, with derivatives by differences of its losses. */
function newtonStep({ mixture, base }: Exponents, losses: readonly number[]): Exponents {
  const [ll, l0, lr, ml, middle, mr, rl, r0, rr] = losses;
  const [slopeM, slopeB] = [(r0 - l0) / (2 * h), (mr - ml) / (2 * h)];
  const [bendM, bendB] = [l0 + r0, ml + mr].map((sum) => (sum - 2 * middle) / h ** 2);
  const both = (rr - rl - lr + ll) / (4 * h ** 2);
  const determinant = bendM * bendB - both ** 2;
  return {
    mixture: mixture - (bendB * slopeM - both * slopeB) / determinant,
    base: base - (bendM * slopeB - both * slopeM) / determinant,
  };
}
