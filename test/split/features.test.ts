import assert from 'node:assert/strict';
import fc from 'fast-check';
import { symmetricEigen } from '../../backend/split/features/dense';
import { fitFeatures, projectTexts } from '../../backend/split/features/word-features';
import { fullMatrix, projectRows, rightSingularVectors, sparseMatrix } from '../../backend/split/features/svd';
import { countWords, buildVocabulary } from '../../backend/split/features/word-counts';
import { wordsIn } from '../../backend/split/features/words';
import { createRandom } from '../../backend/base/random';
import { generatedTexts } from './generated';

describe('words of a text', () => {
  it('are lower case in any script; numbers become one symbol', () => {
    assert.deepEqual(wordsIn("Don’t PAY $1,250.50 for 3rd-rate ÉTÉ, Größe_x's!"), [
      'don’t', 'pay', '#', 'for', '#', 'rate', 'été', 'größe', "x's",
    ]); // prettier-ignore
    assert.deepEqual(wordsIn('GPU加速 हिन्दी'), ['gpu', '加', '速', 'हिन्दी']);
  });

  it('are counted when two documents have them', () => {
    const texts = ['b a a', 'a b', 'a c', ''];
    const vocabulary = buildVocabulary(texts);
    assert.deepEqual(vocabulary.words, ['a', 'b']);
    const { starts, columns, values } = countWords(texts, vocabulary);
    assert.deepEqual(
      [[...starts], [...columns], [...values]],
      [
        [0, 2, 4, 5, 5],
        [0, 1, 0, 1, 0],
        [2, 1, 1, 1, 1],
      ],
    );
  });
});

describe('truncated SVD', () => {
  it('finds the eigenvalues and vectors of a symmetric matrix', () => {
    const entry = fc.double({ min: -10, max: 10, noNaN: true });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 36, maxLength: 36 }), (cells) => {
        const matrix = Float64Array.from(cells, (_, i) => cells[i] + cells[(i % 6) * 6 + Math.floor(i / 6)]);
        const { values, vectors } = symmetricEigen(matrix, 6);
        for (let i = 0; i < 6; i++) {
          for (let j = 0; j < 6; j++) {
            let product = 0;
            for (let e = 0; e < 6; e++) product += vectors[e * 6 + i] * values[e] * vectors[e * 6 + j];
            assert(Math.abs(product - matrix[i * 6 + j]) < 1e-9);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('keeps all of a matrix of low rank, and no more directions than its rank', () => {
    const random = createRandom(5);
    const [left, right] = [40 * 3, 3 * 25].map((size) => Array.from({ length: size }, () => random.normal()));
    const values = Float32Array.from({ length: 40 * 25 }, (_, at) => {
      const [row, column] = [Math.floor(at / 25), at % 25];
      return [0, 1, 2].reduce((sum, i) => sum + left[row * 3 + i] * right[i * 25 + column], 0);
    });
    const a = fullMatrix({ count: 40, width: 25, values });
    const vectors = rightSingularVectors(a, 8, 1);
    assert.equal(vectors.width, 3);
    const projected = projectRows(a, vectors);
    for (let row = 0; row < 40; row++) {
      const [kept, all] = [projected.values.subarray(row * 3, row * 3 + 3), values.subarray(row * 25, row * 25 + 25)];
      const length = Math.hypot(...all);
      for (let column = 0; column < 25; column++) {
        const rebuilt = kept.reduce((sum, value, i) => sum + value * vectors.values[column * 3 + i], 0) * length;
        assert(Math.abs(rebuilt - all[column]) < 1e-4);
      }
    }
  });

  it('finds the directions that a matrix was made of, longest first, whether its zeros are stored or not', () => {
    // 9·u₁v₁ᵀ + 4·u₂v₂ᵀ + u₃v₃ᵀ with vectors of a Hadamard matrix, which are orthogonal.
    const sign = (i: number, j: number): number =>
      ([1, 2, 4].filter((bit) => i & j & bit).length % 2 === 0 ? 1 : -1) / Math.sqrt(8);
    const lengths = [9, 4, 1];
    const [count, width] = [8, 8];
    const values = Float32Array.from({ length: count * width }, (_, at) =>
      lengths.reduce(
        (sum, length, i) => sum + length * sign(Math.floor(at / width), i + 1) * sign(at % width, i + 4),
        0,
      ),
    );
    const starts = Float64Array.from({ length: count + 1 }, (_, row) => row * width);
    const sparse = { count, width, starts, columns: Int32Array.from(values, (_, i) => i % width), values };
    for (const matrix of [fullMatrix({ count, width, values }), sparseMatrix(sparse)]) {
      const found = rightSingularVectors(matrix, 2, 3);
      assert.equal(found.width, 2);
      for (const i of [0, 1]) {
        let along = 0;
        for (let j = 0; j < width; j++) along += found.values[j * 2 + i] * sign(j, i + 4);
        assert.ok(Math.abs(Math.abs(along) - 1) < 1e-6, `${along}`);
      }
    }
  });

  it('gives the same features for the same seed, to documents of the fit and later ones alike', () => {
    const { texts } = generatedTexts(3, 20, 1);
    const { space, rows } = fitFeatures(texts, 7, 10);
    assert.equal(rows.width, 10);
    assert.deepEqual(fitFeatures(texts, 7, 10).rows.values, rows.values);
    assert.deepEqual(projectTexts(space, texts.slice(4, 5)).values, rows.values.subarray(40, 50).slice());
    assert.deepEqual([...projectTexts(space, ['unheard of']).values], Array<number>(10).fill(0));
  });
});
