import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../backend/base/random';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { toHuggingFace } from '../../backend/model/architectures/config';
import { architectureOf } from '../../backend/model/architectures/table';
import { Decoder } from '../../backend/model/decoding/decoder';
import { logSoftmaxOf } from '../../backend/model/decoding/sampling';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { writeSafetensors } from '../../backend/model/weights/safetensors';
import { largestDifference } from '../support/fixtures';

describe('the decoder', () => {
  it('says what scoring says, in pieces of any length, token by token, beyond every room that caches had', async () => {
    const model = await LanguageModel.open('models/polymath-base');
    const { vocabularySize: V } = model.config;
    const random = createRandom(3);
    const k = 2;
    const stack = createAdapters(model.config, defaultLora, { count: k, seed: 4 });
    for (let i = 0; i < stack.parameters.data.length; i++) stack.parameters.data[i] = 0.05 * random.normal();
    const text = Int32Array.from({ length: 150 }, () => random.below(V));
    const [nll] = await score(model, [text], stack);
    const decoder = await Decoder.create(model, stack);
    // Caches grow from 64 to 128 within a piece, and from 128 between two tokens.
    for (const T of [1, 40, 30, 1, 50, ...Array.from({ length: 27 }, () => 1)]) {
      const from = decoder.length;
      const { logits } = await decoder.read(text.subarray(from, from + T), { each: true });
      for (let e = 0; e < k; e++) {
        for (let t = 0; t < T; t++) {
          const said = -logSoftmaxOf(logits, (e * T + t) * V, V)[text[from + t + 1]];
          const scored = nll[e * (text.length - 1) + from + t];
          assert.ok(Math.abs(said - scored) < 2e-4, `expert ${e}, token ${from + t}: ${said} and ${scored}`);
        }
      }
    }
    assert.equal(decoder.length, text.length - 1);
    // Another text that goes on from the beginning of this one.
    for (const shared of [140, 70, 3, 0]) {
      const other = Int32Array.from([...text.subarray(0, shared), ...text.subarray(20, 60)]);
      const [expected] = await score(model, [other], stack);
      await decoder.rewind(shared);
      const T = other.length - 1 - shared;
      const { logits } = await decoder.read(other.subarray(shared, -1), { each: true });
      for (let e = 0; e < k; e++) {
        for (let t = 0; t < T; t++) {
          const said = -logSoftmaxOf(logits, (e * T + t) * V, V)[other[shared + t + 1]];
          assert.ok(Math.abs(said - expected[e * (other.length - 1) + shared + t]) < 2e-4, `${shared}, token ${t}`);
        }
      }
    }
    await assert.rejects(decoder.rewind(100), RangeError);
    decoder.dispose();
    await model.dispose();
  });

  it('says the same where it is made for few rows of weights that lie in memory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polymath-decoder-'));
    try {
      await writeLargeModel(folder);
      const model = await LanguageModel.open(folder);
      // Only some of the layers that read the same have an adapter.
      const stack = createAdapters(
        model.config,
        { ...defaultLora, targets: ['v_proj', 'up_proj'] },
        { count: 3, seed: 4 },
      );
      const random = createRandom(3);
      for (let i = 0; i < stack.parameters.data.length; i++) stack.parameters.data[i] = 0.2 * random.normal();
      const [few, any] = [await Decoder.create(model, stack, { fewRows: true }), await Decoder.create(model, stack)];
      for (const tokens of [[5, 30_000, 7], [11]]) {
        const [here, there] = [(await few.read(tokens)).logits, (await any.read(tokens)).logits];
        assert.ok(largestDifference(here, there) < 1e-4);
      }
      for (const decoder of [few, any]) decoder.dispose();
      await model.dispose();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** A model of the bundled one's kind with a vocabulary that no processor's cache holds. */
async function writeLargeModel(folder: string): Promise<void> {
  const bundled = await LanguageModel.open('models/polymath-base');
  const config = { ...bundled.config, layers: 1, vocabularySize: 40_000 };
  const random = createRandom(1);
  const tensors = [...architectureOf(config).parameters(config)].map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b));
    for (let i = 0; i < data.length; i++) data[i] = shape.length === 1 ? 1 : 0.1 * (random.uniform() - 0.5);
    return { name, shape, data };
  });
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  await writeFile(join(folder, 'config.json'), JSON.stringify(toHuggingFace(config)));
  await copyFile('models/polymath-base/tokenizer.json', join(folder, 'tokenizer.json'));
}
