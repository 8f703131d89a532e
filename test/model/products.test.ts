import assert from 'node:assert/strict';
import { join } from 'node:path';
import { UserError } from '../../backend/base/errors';
import type { Products } from '../../backend/base/precision';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { readWeights } from '../../backend/model/experts/full';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { TrainStep } from '../../backend/model/training/train-step';
import { defaultAdamW } from '../../backend/tensor/optimizer';
import { fixtureFolder } from '../support/fixtures';

const bundled = 'models/polymath-base';
const text = 'The judge listened to both sides, and after a long silence he said that the law was clear. '.repeat(4);

async function opened<T>(folder: string, products: Products, use: (model: LanguageModel) => Promise<T>): Promise<T> {
  const model = await LanguageModel.open(folder, { products, threads: 1 });
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe('8-bit products with frozen weights', () => {
  const tokensOf = ({ tokenizer }: LanguageModel): Int32Array => Int32Array.from([...tokenizer.encode(text)]);

  it('score texts nearly as full ones do', async () => {
    const nats = (products: Products): Promise<number> =>
      opened(bundled, products, async (model) => mean((await score(model, [tokensOf(model)]))[0]));
    const [full, int8] = [await nats('full'), await nats('int8')];
    assert.ok(int8 !== full && Math.abs(int8 - full) < 0.02, `${int8}, ${full} in full`);
  });

  it('take weights as they lie, transposed ones too', async () => {
    for (const name of ['gpt2', 'qwen2', 'gemma3_text', 'phi3']) {
      const folder = join(fixtureFolder, 'families', name);
      const read = (products: Products): Promise<Float32Array> =>
        opened(folder, products, async (model) => (await score(model, [Int32Array.of(1, 2, 3, 4, 5, 6)]))[0]);
      const [full, int8] = [await read('full'), await read('int8')];
      // With 16 features there are few to spread a large one over.
      full.forEach((nats, i) => assert.ok(Math.abs(nats - int8[i]) < 0.3, `${name}: ${int8[i]}, ${nats} in full`));
    }
  });

  it('teach adapters side by side what full ones teach them', async () => {
    const learn = (products: Products): Promise<number[]> =>
      opened(bundled, products, async (model) => {
        const stack = createAdapters(model.config, defaultLora, { count: 2, seed: 3 });
        const own = tokensOf(model);
        const tokens = Int32Array.from([...own.subarray(0, 33), ...own.subarray(20, 53)]);
        const batch = { B: 1, T: 32 };
        const step = await TrainStep.experts(model, stack, { optimizer: defaultAdamW, batch });
        const losses: number[] = [];
        for (let i = 0; i < 12; i++) losses.push(...(await step.run({ tokens, k: 2, ...batch }, 0.01)).losses);
        await step.dispose();
        // What adapters learned is scored beside the base and not in it.
        assert.ok(mean((await score(model, [tokens.subarray(0, 33)], stack))[0].subarray(0, 32)) < losses[0] - 1);
        return losses;
      });
    const [full, int8] = [await learn('full'), await learn('int8')];
    assert.ok(full[22] < full[0] - 1);
    full.forEach((loss, i) => assert.ok(Math.abs(loss - int8[i]) < 0.1, `${i}: ${int8[i]}, ${loss} in full`));
  });

  it('are not for weights that are trained', async () => {
    const read = (products: Products): Promise<Float32Array> =>
      opened(bundled, products, async (model) => {
        const expert = await readWeights({ config: model.config, weights: model.weights });
        return (await score(model, [tokensOf(model)], expert))[0];
      });
    assert.deepEqual(await read('int8'), await read('full'));
  });

  it('are refused on a GPU', async () => {
    await assert.rejects(LanguageModel.open(bundled, { device: 'webgpu', products: 'int8' }), UserError);
  });
});
