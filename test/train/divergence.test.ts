import assert from 'node:assert/strict';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { LanguageModel } from '../../backend/model/language-model';
import { TrainStep } from '../../backend/model/training/train-step';
import { defaultAdamW } from '../../backend/tensor/optimizer';
import { refuseDivergence } from '../../backend/train/divergence';

describe('a loss that is no number, or worse than guessing', () => {
  let model: LanguageModel;

  before(async () => {
    model = await LanguageModel.open('models/polymath-base');
  });

  after(() => model.dispose());

  const inspect = (warm: boolean, active: readonly boolean[], ...losses: number[]): void =>
    refuseDivergence(model.config, { at: 41, warm, active })(Float64Array.from(losses));

  it('is refused with its step and its expert; an expert without texts has none', () => {
    assert.throws(() => inspect(false, [true, true], 5, Number.NaN), {
      name: 'DivergedError',
      step: 42,
      message: /expert B.*NaN/,
    });
    assert.throws(() => inspect(false, [true], Infinity), /Infinity.*step 42/);
    assert.doesNotThrow(() => inspect(true, [true, false], 5, Number.NaN));
    assert.throws(() => inspect(true, [true], 100), /100\.0 nats per token.*guessing/);
    assert.doesNotThrow(() => inspect(false, [true], 100));
  });

  it('stops before the optimiser makes the update', async () => {
    const stack = createAdapters(model.config, { ...defaultLora, rank: 2, layers: 1 }, { count: 1, seed: 1 });
    const step = await TrainStep.experts(model, stack, { optimizer: defaultAdamW });
    const batch = { tokens: Int32Array.from({ length: 17 }, (_, i) => i + 1), k: 1, B: 1, T: 16 };
    const before = stack.parameters.data.slice();
    const refuse = (): never => {
      throw new Error('refused');
    };
    await assert.rejects(step.run(batch, 1e-2, refuse), /refused/);
    assert.deepEqual(stack.parameters.data, before);
    assert.equal(step.steps, 0);
    await step.run(batch, 1e-2);
    assert.notDeepEqual(stack.parameters.data, before);
    await step.dispose();
  });
});
