import assert from 'node:assert/strict';
import { wordsIn } from '../../backend/split/features/words';
import { evidenceFor } from '../../backend/split/describe/why';
import { createRandom } from '../../backend/base/random';

describe('what speaks for the pile of a document', () => {
  const random = createRandom(7);
  const piles = Int32Array.from({ length: 80 }, (_, row) => row % 2);
  /** Words of a pile of its own, and one that all documents share. */
  const texts = Array.from(piles, (pile) => {
    const words = Array.from(
      { length: 12 },
      () => `${'ab'[pile]}${'cdefghijkl'[random.below(10)]}${'mnopqr'[random.below(6)]}`,
    );
    return ['shared', ...words].join(' ');
  });

  it('is the words that mark the pile and stand in it, and the documents most like it', () => {
    const { terms, neighbours } = evidenceFor(texts, piles, 2, 1);
    assert.ok(terms.length >= 5, `${terms.length} words`);
    for (const { word, share, elsewhere, count } of terms) {
      assert.ok(word.startsWith('b') && share > elsewhere, word);
      assert.equal(count, wordsIn(texts[1]).filter((other) => other === word).length);
    }
    assert.equal(neighbours.length, 6);
    assert.ok(neighbours.every(({ row }) => row !== 1 && piles[row] === 1));
    const similarities = neighbours.map(({ similarity }) => similarity);
    assert.deepEqual(
      similarities,
      similarities.toSorted((a, b) => b - a),
    );
    assert.ok(similarities[0] < 1);
  });

  it('is nothing where it shares no word with another one', () => {
    const found = evidenceFor([...texts, 'quite alone'], Int32Array.of(...piles, 1), 2, texts.length);
    assert.deepEqual(found, { terms: [], neighbours: [] });
  });
});
