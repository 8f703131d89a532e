import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { Decoder } from '../../backend/model/decoding/decoder';
import { LanguageModel } from '../../backend/model/language-model';
import type { OptimizerState } from '../../backend/model/training/optimizer';
import { score } from '../../backend/model/score';
import { TrainStep } from '../../backend/model/training/train-step';
import type { Device } from '../../backend/base/device';
import { createRandom } from '../../backend/base/random';
import { defaultAdamW } from '../../backend/tensor/optimizer';
import { testDevice } from '../support/device';
import { fixtureFolder, largestDifference } from '../support/fixtures';

const k = 3;
const [B, T] = [2, 12];

const open = (device: Device): Promise<LanguageModel> =>
  LanguageModel.open(join(fixtureFolder, 'tiny-llama'), { device });

function batch(seed: number): { tokens: Int32Array; weights: Float32Array; k: number; B: number; T: number } {
  const random = createRandom(seed);
  const tokens = Int32Array.from({ length: k * B * (T + 1) }, () => random.below(37));
  // The last expert sees nothing, and the others not every token.
  const weights = Float32Array.from({ length: k * B * T }, (_, i) => (i < 2 * B * T && random.uniform() < 0.9 ? 1 : 0));
  return { tokens, weights, k, B, T };
}

interface Trained {
  readonly losses: readonly Float64Array[];
  readonly state: OptimizerState;
  readonly parameters: Float32Array;
}

async function train(device: Device, steps: readonly number[], from?: OptimizerState): Promise<Trained> {
  const model = await open(device);
  const stack = createAdapters(model.config, defaultLora, { count: k, seed: 3 });
  const step = await TrainStep.experts(model, stack, { optimizer: { ...defaultAdamW, weightDecay: 0.01 } });
  if (from !== undefined) await step.restore([from]);
  const losses: Float64Array[] = [];
  for (const at of steps) losses.push((await step.run(batch(at), 2e-2)).losses);
  const [state] = await step.save();
  await step.fetch();
  await step.dispose();
  return { losses, state, parameters: stack.parameters.data };
}

const upTo = (end: number, from = 0): number[] => Array.from({ length: end - from }, (_, i) => from + i);

function agreesWithProcessor(): void {
  it('k experts learn the same, and the one without tokens stays as it was', async () => {
    const [here, there] = [await train(testDevice, upTo(8)), await train('cpu', upTo(8))];
    for (const [i, losses] of here.losses.entries()) {
      assert.ok(largestDifference(losses.subarray(0, 2), there.losses[i].subarray(0, 2)) < 1e-4);
      assert.ok(Number.isNaN(losses[2]));
    }
    assert.ok(largestDifference(here.parameters, there.parameters) < 1e-3);
    assert.ok(largestDifference(here.state.secondMoment, there.state.secondMoment) < 1e-4);
  });

  it('a state goes on to the same numbers there, and on the processor to nearly the same', async () => {
    const whole = await train(testDevice, upTo(4));
    const half = await train(testDevice, upTo(2));
    const resumed = await train(testDevice, upTo(4, 2), half.state);
    assert.deepEqual(resumed.parameters, whole.parameters);
    const elsewhere = await train('cpu', upTo(4, 2), half.state);
    assert.ok(largestDifference(elsewhere.parameters, whole.parameters) < 1e-3);
  });

  it('losses of texts of many lengths agree', async () => {
    const random = createRandom(9);
    const texts = [3, 17, 40, 5, 17].map((length) => Int32Array.from({ length }, () => random.below(37)));
    const scored = async (device: Device): Promise<Float32Array[]> => {
      const model = await open(device);
      return score(model, texts, createAdapters(model.config, defaultLora, { count: 2, seed: 4 }));
    };
    const [here, there] = [await scored(testDevice), await scored('cpu')];
    here.forEach((losses, i) => assert.ok(largestDifference(losses, there[i]) < 1e-4));
  });

  it('decoding gives the same logits and hidden states, token by token', async () => {
    const decode = async (device: Device): Promise<Float32Array[]> => {
      const model = await open(device);
      const decoder = await Decoder.create(model, createAdapters(model.config, defaultLora, { count: 2, seed: 4 }));
      const said: Float32Array[] = [];
      for (const tokens of [[1, 5, 9, 30, 2], [7], [8, 9], ...upTo(10).map((token) => [token])]) {
        const { logits, hidden } = await decoder.read(tokens);
        said.push(logits, hidden);
      }
      for (const length of [9, 4, 0]) {
        await decoder.rewind(length);
        said.push((await decoder.read([6, 3, 20], { each: true })).logits);
      }
      decoder.dispose();
      return said;
    };
    const [here, there] = [await decode(testDevice), await decode('cpu')];
    here.forEach((numbers, i) => assert.ok(largestDifference(numbers, there[i]) < 1e-4));
  });
}

if (testDevice !== 'cpu')
  describe(`training and decoding on ${testDevice}, against the processor`, agreesWithProcessor);
