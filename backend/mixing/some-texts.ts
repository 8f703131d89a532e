import { createRandom } from '../base/random';

/**
 * Texts drawn at random, the same with the same seed, until they have so many tokens together; all where they have no more. Their order is
 * kept. A corpus often stands in the order of its sources: its beginning speaks for one of them.
 */
export function someTexts(texts: readonly Int32Array[], tokens: number, seed: number): Int32Array[] {
  let read = 0;
  const drawn = createRandom(seed)
    .shuffle([...texts.keys()])
    .filter((i) => (read += texts[i].length) - texts[i].length < tokens);
  return drawn.sort((a, b) => a - b).map((i) => texts[i]);
}
