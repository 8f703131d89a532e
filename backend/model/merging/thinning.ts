/** What is left out of the tensors of experts before they are combined. */
import type { Operands, Thin, Thinning } from './rule';

/**
 * Keeps of each tensor the numbers of largest magnitude, ⌊density · length⌋ of them and one at least, as TIES trims (Yadav et al. 2023);
 * of equal ones the first. Magnitudes are compared in float32.
 */
export function trimmed(density: number): Thinning {
  return async (operands) => {
    const kept = Math.max(1, Math.floor(density * operands.length));
    if (kept >= operands.length) return () => undefined;
    const cuts = await cutsOf(operands, kept);
    return (piece) => piece.forEach((own, e) => cut(own, cuts[e]));
  };
}

/** Drops each number with probability 1 − density, and divides what stays by the density: DARE (Yu et al. 2023). */
export function dropped(density: number): Thinning {
  return ({ weights, random }): Thin => {
    const draws = weights.map((_, expert) => random(expert));
    return (piece) =>
      piece.forEach((own, e) => {
        for (let i = 0; i < own.length; i++) own[i] = draws[e].uniform() < density ? own[i] / density : 0;
      });
  };
}

/** Numbers above a magnitude stay, and the first so many that equal it. */
interface Cut {
  readonly magnitude: number;
  equal: number;
}

function cut(own: Float64Array, at: Cut): void {
  const magnitudes = magnitudesOf(own);
  for (let i = 0; i < own.length; i++) {
    if (magnitudes[i] > at.magnitude) continue;
    if (magnitudes[i] === at.magnitude && at.equal > 0) at.equal--;
    else own[i] = 0;
  }
}

/** Float32 bits without the sign: whole numbers of 31 bits in the order of the magnitudes. */
function magnitudesOf(values: Float64Array): Uint32Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  for (let i = 0; i < bits.length; i++) bits[i] &= 0x7fffffff;
  return bits;
}

/** Of the 31 bits so many are counted in the second reading. */
const lowBits = 15;

/** Where to cut so that so many numbers of each tensor stay: found exactly in two readings, by counting upper bits and then lower ones. */
async function cutsOf({ weights, pieces }: Operands, kept: number): Promise<Cut[]> {
  const upper = weights.map(() => new Uint32Array(2 ** (31 - lowBits)));
  for await (const piece of pieces()) {
    piece.forEach((own, e) => magnitudesOf(own).forEach((bits) => upper[e][bits >>> lowBits]++));
  }
  const tops = upper.map((counts) => placeOf(counts, kept));
  const lower = weights.map(() => new Uint32Array(2 ** lowBits));
  for await (const piece of pieces()) {
    piece.forEach((own, e) => {
      magnitudesOf(own).forEach((bits) => {
        if (bits >>> lowBits === tops[e].bin) lower[e][bits & (2 ** lowBits - 1)]++;
      });
    });
  }
  return tops.map(({ bin, left }, e) => {
    const low = placeOf(lower[e], left);
    return { magnitude: bin * 2 ** lowBits + low.bin, equal: low.left };
  });
}

/** The bin in which the so-many-th number from above lies, and how many of that bin are among them. */
function placeOf(counts: Uint32Array, wanted: number): { readonly bin: number; readonly left: number } {
  let left = wanted;
  let bin = counts.length - 1;
  while (counts[bin] < left) left -= counts[bin--];
  return { bin, left };
}
