import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { LanguageModel } from '../../backend/model/language-model';
import { TrainStep } from '../../backend/model/training/train-step';
import { FrozenLayers, frozenLayersBelow } from '../../backend/model/training/frozen-layers';
import { createRandom } from '../../backend/base/random';
import { defaultAdamW } from '../../backend/tensor/optimizer';
import { fixtureFolder } from '../support/fixtures';

describe('the frozen layers below those that are trained', () => {
  const [k, B, T] = [2, 2, 24];
  const folders = { llama: resolve('models/polymath-base'), gpt2: join(fixtureFolder, 'families', 'gpt2') };

  for (const [family, folder] of Object.entries(folders)) {
    it(`give the same training when they ran before it (${family})`, async () => {
      const model = await LanguageModel.open(folder, { threads: 1 });
      const { layers, vocabularySize, hiddenSize: D } = model.config;
      const random = createRandom(2);
      const tokens = Int32Array.from({ length: k * B * (T + 1) }, () => random.below(vocabularySize));

      const train = async (frozenLayers: number): Promise<number[]> => {
        const stack = createAdapters(model.config, { ...defaultLora, layers: 1 }, { count: k, seed: 1 });
        assert.equal(frozenLayersBelow(stack), layers - 1);
        const step = await TrainStep.experts(model, stack, { optimizer: defaultAdamW, batch: { B, T }, frozenLayers });
        const stream = frozenLayers === 0 ? undefined : await streams(frozenLayers);
        const seen: number[] = [];
        for (let i = 0; i < 4; i++) {
          const { losses, norms } = await step.run({ tokens, k, B, T, ...(stream && { stream }) }, 1e-2);
          seen.push(...losses, ...norms);
        }
        await step.dispose();
        return seen;
      };
      const streams = async (layers: number): Promise<Float32Array> => {
        const below = await FrozenLayers.open(model, layers, 2 * T * D * 4);
        const result = new Float32Array(k * B * T * D);
        for (let row = 0; row < k * B; row++) {
          const text = tokens.subarray(row * (T + 1), row * (T + 1) + T);
          const once = await below.run(`${row}`, text);
          result.set(once, row * T * D);
          // Two of them are kept, and two computed again.
          const again = await below.run(`${row}`, text);
          assert.deepEqual(again, once);
          assert.equal(again === once, row < 2);
        }
        await below.dispose();
        return result;
      };

      const whole = await train(0);
      const parted = await train(layers - 1);
      whole.forEach((value, i) => assert.ok(Math.abs(parted[i] / value - 1) < 1e-4, `${parted[i]}, not ${value}`));
      assert.ok(whole.at(-4) !== whole[0], 'nothing was learned');
      await model.dispose();
    });
  }
});
