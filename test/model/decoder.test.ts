import assert from 'node:assert/strict';
import { createRandom } from '../../backend/base/random';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { Decoder } from '../../backend/model/decoding/decoder';
import { logSoftmaxOf } from '../../backend/model/decoding/sampling';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';

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
});
