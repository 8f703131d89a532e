/**
 * MinHash signatures of texts in any language: two signatures agree in about as many places as their texts' sets of shingles
 * overlap (Jaccard similarity). Broder 1997; one pass over the text for all places (one permutation hashing, Li, Owen and
 * Zhang 2012), places that stay empty filled from others (optimal densification, Shrivastava 2017).
 */

/** Values of a signature: 12, 9, 8, 6, 4, 3 and 2 divide it, see bands.ts. The estimate's standard error is below 0.06. */
export const SIGNATURE = 72;
/** UTF-16 units of a shingle: about a word of English, or two or three of Chinese. */
const SHINGLE = 5;
const BASE = 0x01000193;
/** BASE ** SHINGLE: what a unit weighs when it leaves the window. */
const LEAVING = Array.from({ length: SHINGLE }).reduce<number>((power) => Math.imul(power, BASE), 1);
const EMPTY = 0x7fffffff;

const least = new Int32Array(SIGNATURE);

/** Writes the signature of a text, given as normalised UTF-16 units, to `signature` [SIGNATURE]. */
export function sign(units: Uint16Array, signature: Uint16Array): void {
  const minima = least.fill(EMPTY);
  const enter = (window: number): void => {
    const hash = Math.imul(window ^ (window >>> 15), 0x21f0aaad);
    const bin = Math.imul(hash >>> 16, SIGNATURE) >>> 16;
    // The bits below those that choose the bin.
    const value = hash & 0x3ffffff;
    if (value < minima[bin]) minima[bin] = value;
  };
  const first = Math.min(SHINGLE, units.length);
  let window = 0;
  for (let i = 0; i < first; i++) window = (Math.imul(window, BASE) + units[i]) | 0;
  enter(window);
  for (let i = SHINGLE; i < units.length; i++) {
    window = (Math.imul(window, BASE) + units[i] - Math.imul(units[i - SHINGLE], LEAVING)) | 0;
    enter(window);
  }
  for (let bin = 0; bin < SIGNATURE; bin++) {
    // 16 bits of what was the least, mixed: the least itself is small where the text is long.
    signature[bin] = mixHash(minima[minima[bin] === EMPTY ? filledBin(bin) : bin]);
  }
}

/** Another place for an empty one, always the same for the same filled places. */
function filledBin(bin: number): number {
  for (let attempt = 1; ; attempt++) {
    const other = Math.imul(mixHash(bin * 0x10001 + attempt * 0x9e3779b1) >>> 16, SIGNATURE) >>> 16;
    if (least[other] !== EMPTY) return other;
  }
}

/** 64 bits of a short text, as two halves. */
export function hashLabel(text: string): [number, number] {
  let [low, high] = [0, 0x5bd1e995];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193) ^ (low >>> 15);
    high = Math.imul(high ^ unit, 0x85ebca6b) ^ (high >>> 13);
  }
  return [mixHash(low), mixHash(high ^ text.length)];
}

/** Mixes 32 bits so that each changes half of the result (splitmix32). */
export function mixHash(value: number): number {
  let z = (value + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

let units = new Uint16Array(2 ** 12);

/** A text without what makes no difference: letter case and white space. The result is valid until the next call. */
export function normalise(text: string): Uint16Array {
  const lower = text.toLowerCase();
  if (units.length < lower.length) units = new Uint16Array(2 ** Math.ceil(Math.log2(lower.length)));
  const target = units;
  // Far quicker than unit by unit. Every machine that Node runs on keeps the low byte first.
  Buffer.from(target.buffer).write(lower, 'utf16le');
  let length = 0;
  let isSpacePending = false;
  for (let i = 0; i < lower.length; i++) {
    const unit = target[i];
    if (isSpace(unit)) isSpacePending = length > 0;
    else {
      if (isSpacePending) {
        target[length++] = 0x20;
        isSpacePending = false;
      }
      target[length++] = unit;
    }
  }
  return target.subarray(0, length);
}

function isSpace(unit: number): boolean {
  if (unit > 0x20 && unit < 0x80) return false;
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  return unit === 0xa0 || unit === 0xfeff || (unit >= 0x1680 && /\s/.test(String.fromCharCode(unit)));
}
