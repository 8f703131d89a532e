/** exp over whole vocabularies, several times faster than `Math.exp`, and the same on every machine. */

const steps = 2048;
/** 2^(i / steps) */
const fractions = Float64Array.from({ length: steps }, (_, i) => 2 ** (i / steps));
const least = -1022;
/** 2^(i + least) */
const powers = Float64Array.from({ length: 1 - least }, (_, i) => 2 ** (i + least));
/** Added and taken away again, it rounds to a whole number. */
const rounding = 1.5 * 2 ** 52;

/**
 * Writes exp(values[from + i] − shift) to `into` [n], and returns their sum. `shift` is at least the largest of the values. Relative
 * error below 1e-12; what is below e^−708 is 0, and what is no number stays none.
 */
export function exponentials(values: ArrayLike<number>, from: number, shift: number, into: Float64Array): number {
  const [perStep, ofStep] = [steps / Math.LN2, Math.LN2 / steps];
  let sum = 0;
  for (let i = 0; i < into.length; i++) {
    const x = values[from + i] - shift;
    const step = x * perStep + rounding - rounding;
    const rest = x - step * ofStep;
    const scale = powers[(step >> 11) - least] * fractions[step & (steps - 1)];
    const value = x < -708 ? 0 : scale * (1 + rest * (1 + rest * (0.5 + rest * (1 / 6))));
    into[i] = value;
    sum += value;
  }
  return sum;
}

/** The largest of `values[from … from + length)`; −∞ of none. */
export function largestOf(values: ArrayLike<number>, from: number, length: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = from; i < from + length; i++) if (values[i] > largest) largest = values[i];
  return largest;
}
