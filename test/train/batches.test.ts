import assert from 'node:assert/strict';
import { packedRows, TokenStream } from '../../backend/train/batches';

const texts = [Int32Array.of(0, 11, 12, 13), Int32Array.of(0, 21), Int32Array.of(0, 31, 32), Int32Array.of(0, 41, 42)];
const length = texts.reduce((total, text) => total + text.length, 0);

describe('the token stream', () => {
  it('gives each epoch every text once, in another order each time', () => {
    const stream = new TokenStream(texts, 3);
    const epochs = Array.from({ length: 6 }, (_, epoch) => stream.read(epoch * length, length).join());
    for (const epoch of epochs) {
      const numbers = epoch
        .split(',')
        .map(Number)
        .sort((a, b) => a - b);
      assert.deepEqual(
        numbers,
        texts.flatMap((text) => [...text]).sort((a, b) => a - b),
      );
    }
    assert.ok(new Set(epochs).size > 1);
  });

  it('depends on seed and position alone: reading out of order or from a new stream gives the same', () => {
    const stream = new TokenStream(texts, 3);
    const straight = stream.read(0, 5 * length);
    for (const from of [40, 7, 0, 23]) {
      assert.deepEqual(new TokenStream(texts, 3).read(from, 9), straight.slice(from, from + 9));
      assert.deepEqual(stream.read(from, 9), straight.slice(from, from + 9));
    }
  });

  it('puts rows side by side, with zeros for an expert without texts', () => {
    const stream = new TokenStream(texts, 5);
    const rows = packedRows([stream, undefined], { step: 1, B: 2, T: 4 });
    assert.deepEqual(rows.subarray(0, 10), Int32Array.of(...stream.read(8, 5), ...stream.read(12, 5)));
    assert.ok(rows.subarray(10).every((token) => token === 0));
  });
});
