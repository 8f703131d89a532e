import assert from 'node:assert/strict';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { LanguageModel } from '../../backend/model/language-model';
import { TrainStep } from '../../backend/model/training/train-step';
import { defaultAdamW } from '../../backend/tensor/optimizer';
import { DivergenceGuard } from '../../backend/train/divergence';

describe('a loss that is no number, worse than guessing, or stuck at it', () => {
  let model: LanguageModel;

  before(async () => {
    model = await LanguageModel.open('models/polymath-base');
  });

  after(() => model.dispose());

  const inspect = (warm: boolean, active: readonly boolean[], ...losses: number[]): void =>
    new DivergenceGuard(model.config).step({ at: 41, warm, active })(Float64Array.from(losses));

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

  it('is refused where it stays exactly that of guessing, not where it passes by or is close to it', () => {
    const guessing = Math.log(model.config.vocabularySize);
    const guard = new DivergenceGuard(model.config);
    const see = (at: number, losses: readonly number[], active = [true, true]): void =>
      guard.step({ at, warm: true, active })(Float64Array.from(losses));
    const [dead, close] = [guessing + 3e-8, guessing + 1e-3];
    [close, close, close, dead, dead, close, dead, dead].forEach((loss, at) => see(at, [5, loss]));
    see(8, [5, dead], [true, false]);
    assert.throws(() => see(9, [5, dead]), { name: 'DivergedError', step: 10, message: /expert B.*every token alike/ });
    const first = (at: number): void => guard.step({ at, warm: false, active: [true] })(Float64Array.of(guessing));
    [0, 1, 2, 3].forEach(first);
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
