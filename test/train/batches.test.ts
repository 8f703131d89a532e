import assert from 'node:assert/strict';
import { PackedWindows, stepRows, UnpackedWindows, withEnd } from '../../backend/train/batches';

const texts = [
  [0, 11, 12, 13],
  [0, 21],
  [0, 31, 32],
  [0, 41, 42],
].map((tokens) => ({ tokens: Int32Array.from(tokens) }));
const T = 5;

describe('windows of texts', () => {
  const windows = new PackedWindows(texts, T, 3);
  const epoch = (number: number): number[] =>
    Array.from({ length: windows.count }, (_, i) => windows.at(number * windows.count + i));

  it('hold every token once, and the last goes on with the first text', () => {
    assert.equal(windows.count, 3);
    const all = [0, 1, 2].flatMap((window) => [...windows.read(window).tokens.subarray(0, T)]);
    const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);
    assert.deepEqual(sorted(all.slice(0, 12)), sorted(texts.flatMap((text) => [...text.tokens])));
    assert.deepEqual([...all.slice(12), ...windows.read(2).tokens.subarray(T)], all.slice(0, 4));
    assert.equal(windows.read(0).tokens[T], windows.read(1).tokens[0]);
  });

  it('come once in each epoch, as they stand at first and in another order later', () => {
    assert.deepEqual(epoch(0), [0, 1, 2]);
    const later = Array.from({ length: 8 }, (_, i) => epoch(i + 1));
    for (const order of later) assert.deepEqual([...order].sort(), [0, 1, 2]);
    assert.ok(new Set(later.map((order) => order.join())).size > 1);
  });

  it('depend on seed and row alone: asked out of order or of a new stream, they are the same', () => {
    const straight = Array.from({ length: 15 }, (_, row) => windows.at(row));
    for (const row of [14, 7, 0, 12]) {
      assert.equal(new PackedWindows(texts, T, 3).at(row), straight[row]);
      assert.equal(windows.at(row), straight[row]);
    }
  });

  it('of a text that is shorter than one repeat it', () => {
    const short = new PackedWindows([{ tokens: Int32Array.of(0, 1) }], T, 3);
    assert.deepEqual([short.count, [...short.read(0).tokens]], [1, [0, 1, 0, 1, 0, 1]]);
  });

  it("have the model's end of texts behind each, the last one too, and learn it", () => {
    const [plain, answer] = [
      withEnd({ tokens: Int32Array.of(1, 11, 12) }, 9),
      withEnd({ tokens: Int32Array.of(1, 11), counted: Uint8Array.of(0, 0) }, 9),
    ];
    assert.deepEqual([...new PackedWindows([plain], 8, 1).read(0).tokens], [1, 11, 12, 9, 1, 11, 12, 9, 1]);
    assert.deepEqual(withEnd(plain, 9), plain);
    assert.deepEqual([...new UnpackedWindows([answer], 4, 1).read(0).weights], [0, 1, 0, 0]);
  });

  it('stand side by side, with zeros for an expert without texts', () => {
    const rows = stepRows([windows, undefined], { step: 1, B: 2, T });
    assert.deepEqual([...rows.windows], [2, windows.at(3), -1, -1]);
    assert.deepEqual(
      rows.tokens.subarray(0, 12),
      Int32Array.of(...windows.read(2).tokens, ...windows.read(windows.at(3)).tokens),
    );
    assert.ok(rows.tokens.subarray(12).every((token) => token === 0));
  });

  it('of which some tokens do not count keep that with them', () => {
    const answer = { tokens: Int32Array.of(0, 11, 12, 13), counted: Uint8Array.of(0, 0, 1, 1) };
    const { tokens, weights } = new PackedWindows([answer], 4, 3).read(0);
    assert.deepEqual(
      [[...tokens], [...weights]],
      [
        [0, 11, 12, 13, 0],
        [0, 1, 1, 0],
      ],
    );
  });

  it('without a token that counts are left out, packed or not', () => {
    const asked = { tokens: Int32Array.from({ length: 25 }, (_, i) => i), counted: new Uint8Array(25).fill(1, 17, 19) };
    for (const windows of [new PackedWindows([asked], 4, 3), new UnpackedWindows([asked], 4, 3)]) {
      const read = Array.from({ length: 3 * windows.count }, (_, row) => windows.read(windows.at(row)));
      assert.deepEqual([windows.count, new Set(read.map(({ tokens }) => tokens[0]))], [1, new Set([16])]);
      assert.deepEqual([...read[2].weights], [1, 1, 0, 0]);
    }
    const last = { tokens: Int32Array.of(1, 2, 3), counted: Uint8Array.of(1, 0, 0) };
    assert.deepEqual([...new PackedWindows([last], 4, 3).read(0).weights], [0, 0, 1, 0]);
  });

  it('of their own hold one text each, and what fills them up does not count', () => {
    const apart = new UnpackedWindows([...texts, { tokens: Int32Array.from({ length: 9 }, (_, i) => i) }], T, 3);
    assert.equal(apart.count, 6);
    const read = Array.from({ length: 6 }, (_, window) => apart.read(window));
    const predicted = ({ tokens, weights }: (typeof read)[number]): number[] =>
      [...tokens.subarray(1)].filter((_, i) => weights[i] === 1);
    const sorted = read.map(predicted).sort((a, b) => a[0] - b[0]);
    assert.deepEqual(sorted, [[1, 2, 3, 4, 5], [6, 7, 8], [11, 12, 13], [21], [31, 32], [41, 42]]);
    assert.deepEqual(new Set(read.map(({ tokens }) => tokens.length)), new Set([T + 1]));
  });
});
