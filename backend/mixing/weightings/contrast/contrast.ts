import { z } from 'zod';
import { type Evidence, spokenNumbers } from '../../evidence';
import { readHere } from '../../reading';
import { someTexts } from '../../some-texts';
import type { Exponents, FittedWeighting, Weighting } from '../../weighting';
import { probePositions } from '../../probes/train';
import { combined, openCombined } from '../combined/combined';
import { openRecent } from '../recent/recent';
import { contrastData, type contrastSettings } from './settings';

const number = z.number();
const exponents = z.object({ mixture: number, base: number });
/** Mixers of before had a list of exponents, of which the first counts, and a mixture by the recent text alone. */
const schema = z.object({
  mixture: z.looseObject({ weighting: z.string() }).optional(),
  recent: z.unknown().optional(),
  exponents: z.union([exponents, z.array(exponents).min(1)]),
});

// The loss is convex in the exponents, and nearly a parabola: one step from the mixture, and one from there, are enough.
const steps = 2;
/** Tokens that two numbers are fitted to, about: each needs whole distributions. */
const mostTokens = 5000;

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
    const read = someTexts(validation, mostTokens, given.seed);
    let best: Exponents = { mixture: 1, base: 0 };
    for (let step = 1; step <= steps; step++) {
      watch.report({ stage: 'Contrasting with the base model', done: step, total: steps, unit: 'steps' });
      const tried = contrastWeights(weighting, best);
      const texts = await reading.evidence(read, tried, () => watch.signal.throwIfAborted());
      best = newtonStep(best, texts);
    }
    return { weighting: contrastWeights(weighting, best) };
  },
  open: (json) => {
    const { mixture, recent: former, exponents: powers } = schema.parse(json);
    const byProbes = mixture?.weighting === combined.name;
    const weighting = byProbes ? openCombined(mixture) : openRecent(mixture ?? former);
    return contrastWeights(weighting, Array.isArray(powers) ? powers[0] : powers);
  },
};

function contrastWeights(weighting: FittedWeighting, exponents: Exponents): FittedWeighting {
  return {
    ...weighting,
    base: 'contrasted',
    exponents,
    toJson: () => ({ weighting: contrast.name, mixture: weighting.toJson(), exponents }),
  };
}

/** How far the exponents are thought to lie from those of the plain mixture before a text is read: a few texts do not move them far. */
const spread = 0.1;

/** A step of Newton's method on the nats of all tokens, and −log of a normal density around the plain mixture. */
function newtonStep({ mixture, base }: Exponents, texts: readonly Evidence[]): Exponents {
  const sums = new Float64Array(spokenNumbers);
  for (const { spoken = [] } of texts) spoken.forEach((value, i) => (sums[i % spokenNumbers] += value));
  const sureness = 1 / spread ** 2;
  const [slopeM, slopeB] = [sums[1] + sureness * (mixture - 1), sums[2] + sureness * base];
  const [bendM, both, bendB] = [sums[3] + sureness, sums[4], sums[5] + sureness];
  const determinant = bendM * bendB - both ** 2;
  return {
    mixture: mixture - (bendB * slopeM - both * slopeB) / determinant,
    base: base - (bendM * slopeB - both * slopeM) / determinant,
  };
}
