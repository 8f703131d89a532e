import assert from 'node:assert/strict';
import { layOut } from '../../backend/split/describe/layout';
import { createRandom } from '../../backend/base/random';

describe('the map of documents', () => {
  const random = createRandom(7);
  const draw = (words: readonly string[]): string =>
    Array.from({ length: 30 }, () => words[random.below(words.length)]).join(' ');
  const vocabularies = ['sea', 'law', 'jazz'].map((topic) =>
    Array.from({ length: 40 }, (_, i) => `${topic}${String.fromCharCode(97 + (i % 26))}${i > 25 ? 'x' : ''}`),
  );

  /** Share of the documents whose nearest neighbour in the plane is of the same topic. */
  function agreement(positions: Float32Array): number {
    const count = positions.length / 2;
    let same = 0;
    for (let a = 0; a < count; a++) {
      let [best, least] = [-1, Infinity];
      for (let b = 0; b < count; b++) {
        const distance =
          (positions[2 * a] - positions[2 * b]) ** 2 + (positions[2 * a + 1] - positions[2 * b + 1]) ** 2;
        if (a !== b && distance < least) [best, least] = [b, distance];
      }
      if (best % 3 === a % 3) same++;
    }
    return same / count;
  }

  it('puts documents of the same words together, and is the same for the same seed', () => {
    const texts = Array.from({ length: 90 }, (_, i) => draw(vocabularies[i % 3]));
    const positions = layOut(texts, 1);
    assert.ok(positions.every(Number.isFinite));
    assert.ok(agreement(positions) > 0.95, `${agreement(positions)}`);
    assert.deepEqual(layOut(texts, 1), positions);
  });

  it('places documents among those that it was fitted to, where there are many', () => {
    const texts = Array.from({ length: 150 }, (_, i) => draw(vocabularies[i % 3]));
    const positions = layOut(texts, 1, 60);
    assert.ok(positions.every(Number.isFinite));
    assert.ok(agreement(positions) > 0.95, `${agreement(positions)}`);
  });

  it('knows few documents, and refuses those that share no word', () => {
    assert.equal(layOut(['a sea', 'the sea'], 1).length, 4);
    assert.throws(() => layOut(['one', 'two', 'three'], 1), /No two documents share a word/);
  });
});
