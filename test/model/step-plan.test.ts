import assert from 'node:assert/strict';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { LanguageModel } from '../../backend/model/language-model';
import { planStep, type Recompute } from '../../backend/model/training/step-plan';
import { TrainStep, type TrainStepOptions } from '../../backend/model/training/train-step';
import { createRandom } from '../../backend/base/random';
import { defaultAdamW } from '../../backend/tensor/optimizer';

const [k, B, T] = [2, 1, 128];

describe('a training step cut to save memory and time', () => {
  let model: LanguageModel;
  before(async () => (model = await LanguageModel.open('models/polymath-base')));
  after(() => model.dispose());

  /** Losses and gradient norms of three steps of two experts. */
  async function train(options: Omit<TrainStepOptions, 'optimizer'>): Promise<number[]> {
    const stack = createAdapters(model.config, defaultLora, { count: k, seed: 1 });
    const random = createRandom(2);
    stack.parameters.data.forEach((value, i, data) => (data[i] = value + 0.05 * random.normal()));
    const tokens = Int32Array.from({ length: k * B * (T + 1) }, () => random.below(model.config.vocabularySize));
    const step = await TrainStep.experts(model, stack, { optimizer: defaultAdamW, ...options });
    const seen: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { losses, norms } = await step.run({ tokens, k, B, T }, 1e-2);
      seen.push(...losses, ...norms);
    }
    await step.dispose();
    return seen;
  }

  for (const recompute of ['cheap', 'attention', 'layers'] as const satisfies readonly Recompute[]) {
    it(`learns the same in blocks of queries, with recompute ${recompute}`, async () => {
      assert.equal(planStep(model.config, { device: 'cpu', k, batch: { B, T } }).queryBlocks, 2);
      const whole = await train({});
      const cut = await train({ batch: { B, T }, lossChunks: 3, recompute });
      whole.forEach((value, i) => assert.ok(Math.abs(cut[i] / value - 1) < 1e-4, `${cut[i]}, not ${value}`));
    });
  }

  it('refuses texts with fewer tokens than it has blocks', async () => {
    const stack = createAdapters(model.config, defaultLora, { count: 1, seed: 1 });
    const step = await TrainStep.experts(model, stack, { optimizer: defaultAdamW, batch: { B, T } });
    await assert.rejects(step.run({ tokens: Int32Array.of(1, 2), k: 1, B: 1, T: 1 }, 1e-2), RangeError);
    await step.dispose();
  });
});
