import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { planRemoval, remove } from '../../backend/model-files/catalog/remove';
import { Decoder } from '../../backend/model/decoding/decoder';
import { LanguageModel } from '../../backend/model/language-model';
import { logSoftmaxOf } from '../../backend/model/decoding/sampling';
import { blocksOf, quantize } from '../../backend/model/weights/quantize';
import { UserError } from '../../backend/base/errors';
import type { Precision } from '../../backend/base/precision';
import { fixtureFolder } from '../support/fixtures';

const bundled = 'models/polymath-base';
const text = 'The judge listened to both sides, and after a long silence he said that the law was clear.';

/** Weights from their codes. */
function restored(values: Float32Array, width: number, bits: 8 | 4): Float32Array {
  const { codes, scales } = quantize(values, width, bits);
  const padded = blocksOf(width) * 32;
  return values.map((_, i) => {
    const place = Math.floor(i / width) * padded + (i % width);
    const code = bits === 8 ? codes[place] : (codes[place >>> 1] >>> (4 * (place & 1))) & 15;
    return (code - 2 ** (bits - 1)) * scales[Math.floor(place / 32)];
  });
}

describe('weights rounded in blocks', () => {
  it('differ by half a step at most, and by a whole one at the end that 4 bits lack', () => {
    const rows = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(rows, fc.constantFrom(8 as const, 4 as const), (given, bits) => {
        const values = Float32Array.from(given);
        const back = restored(values, 40, bits);
        values.forEach((value, i) => {
          const block = values.subarray(i < 32 ? 0 : 32, i < 32 ? 32 : 40);
          const step = Math.max(...block.map(Math.abs)) / (bits === 8 ? 127 : 8);
          assert.ok(Math.abs(back[i] - value) <= step * (bits === 8 ? 0.501 : 1.001), `${back[i]} for ${value}`);
        });
      }),
    );
  });

  it('in 4 bits are what they were where they came from 4 bits', () => {
    const once = restored(
      Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
      64,
      4,
    );
    assert.deepEqual(restored(once, 64, 4), once);
  });
});

describe('decoding with rounded weights', () => {
  let cache: string;
  const { POLYMATH_CACHE } = process.env;
  before(async () => {
    cache = await mkdtemp(join(tmpdir(), 'polymath-quantized-'));
    process.env.POLYMATH_CACHE = cache;
  });
  after(async () => {
    if (POLYMATH_CACHE === undefined) delete process.env.POLYMATH_CACHE;
    else process.env.POLYMATH_CACHE = POLYMATH_CACHE;
    await rm(cache, { recursive: true });
  });

  /** Logits after each of the tokens. */
  async function logits(folder: string, tokens: ArrayLike<number>, precision: Precision): Promise<Float32Array[]> {
    const model = await LanguageModel.open(folder, { precision });
    const decoder = await Decoder.create(model);
    const all: Float32Array[] = [];
    for (const token of Array.from(tokens)) all.push((await decoder.read([token])).logits);
    decoder.dispose();
    await model.dispose();
    return all;
  }

  it('costs little accuracy, less with 8 bits than with 4, and the file is made once', async () => {
    const model = await LanguageModel.open(bundled);
    const tokens = Int32Array.from([...model.tokenizer.encode(text)]);
    await model.dispose();
    const loss = async (precision: Precision): Promise<number> => {
      const seen = await logits(bundled, tokens, precision);
      const nats = seen.slice(0, -1).map((row, i) => -logSoftmaxOf(row, 0, row.length)[tokens[i + 1]]);
      return nats.reduce((a, b) => a + b, 0) / nats.length;
    };
    const [full, int8, int4] = [await loss('full'), await loss('int8'), await loss('int4')];
    assert.ok(int8 !== full && Math.abs(int8 - full) < 0.02, `${int8} with 8 bits, ${full} in full`);
    assert.ok(
      Math.abs(int4 - full) > Math.abs(int8 - full) && int4 - full < 0.5,
      `${int4} with 4 bits, ${full} in full`,
    );
    const made = await readdir(join(cache, 'quantized'));
    assert.equal(made.length, 2);
    assert.equal(await loss('int8'), int8);
    assert.deepEqual(await readdir(join(cache, 'quantized')), made);
  });

  it("takes weights as they lie, transposed ones too, and a head that is the embedding table's", async () => {
    for (const name of ['gpt2', 'qwen2', 'gemma3_text', 'phi3']) {
      const folder = join(fixtureFolder, 'families', name);
      const [full, int8] = [await logits(folder, [1, 2, 3], 'full'), await logits(folder, [1, 2, 3], 'int8')];
      const spread = Math.max(...full[2]) - Math.min(...full[2]);
      full[2].forEach((value, i) => assert.ok(Math.abs(value - int8[2][i]) < 0.03 * spread, `${name}: ${int8[2][i]}`));
      const removal = await planRemoval(folder);
      assert.deepEqual([removal.paths.length, removal.copies], [1, true]);
      await remove(removal);
      await assert.rejects(planRemoval(folder), UserError);
    }
  });

  it('is refused on a GPU', async () => {
    await assert.rejects(LanguageModel.open(bundled, { device: 'webgpu', precision: 'int8' }), UserError);
  });
});
