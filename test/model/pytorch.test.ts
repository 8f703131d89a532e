import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdapterStack, stackAdapters } from '../../backend/model/adapters/adapter';
import { architectureOf } from '../../backend/model/architectures/table';
import { Decoder } from '../../backend/model/decoding/decoder';
import { LanguageModel } from '../../backend/model/language-model';
import { Parameters } from '../../backend/model/architectures/parameters';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { scoreBatches } from '../../backend/model/score';
import { TrainStep } from '../../backend/model/training/train-step';
import { readFloatTensors } from '../../backend/model/weights/floats';
import { defaultAdamW } from '../../backend/tensor/optimizer';
import type { Tensors } from '../../backend/tensor/runtime';
import { testDevice } from '../support/device';
import { fixtureFolder, largestDifference, readFixture } from '../support/fixtures';

interface TrainingRun {
  readonly weightDecay: number;
  readonly maxNorm: number;
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
}

type Training = Record<'full' | 'lora' | 'loraLooseClip', TrainingRun> & { readonly lrs: readonly number[] };

const open = (name: string): Promise<LanguageModel> =>
  LanguageModel.open(join(fixtureFolder, name), { device: testDevice });
const peftName = (name: string): string => `base_model.model.${name}.weight`;

async function loadWeights(model: LanguageModel): Promise<Parameters> {
  const parameters = new Parameters(architectureOf(model.config).parameters(model.config));
  for (const [name, { data }] of await readFloatTensors(join(model.folder, 'model.safetensors'))) {
    parameters.view(name).set(data);
  }
  return parameters;
}

const rows = ({ data, shape }: Tensors): Int32Array[] =>
  Array.from({ length: shape[0] }, (_, row) =>
    Int32Array.from(data.subarray(row * shape[1], (row + 1) * shape[1]), Number),
  );

async function checkScores(model: LanguageModel, stack: AdapterStack | undefined, file: string): Promise<void> {
  const expected = await readFixture(file);
  const get = (name: string): Tensors => expected.get(name) ?? assert.fail(name);
  await scoreBatches(
    model,
    rows(get('ids')),
    stack,
    ({ nll, hidden }) => {
      assert.ok(largestDifference(nll, get('nll').data) < 1e-4);
      // The last position of each row predicts nothing and is not computed here.
      const [B, T, D] = get('hidden').shape;
      const kept = Float32Array.from({ length: B * (T - 1) * D }, (_, i) => {
        const row = Math.floor(i / ((T - 1) * D));
        return Number(get('hidden').data[row * T * D + (i % ((T - 1) * D))]);
      });
      assert.ok(largestDifference(hidden ?? [], kept) < 1e-4);
    },
    { hidden: true },
  );
}

/** Gradients through the first step of plain descent with a known update: the optimiser sees exactly the graph's gradients. */
async function train(step: TrainStep, training: Training, run: TrainingRun, k: number): Promise<void> {
  const batches = (await readFixture('training.safetensors')).get('batches') ?? assert.fail('batches');
  const perStep = batches.shape[1] * batches.shape[2];
  for (const [i, learningRate] of training.lrs.entries()) {
    const one = Int32Array.from(batches.data.subarray(i * perStep, (i + 1) * perStep), Number);
    const tokens = Int32Array.from({ length: k * one.length }, (_, j) => one[j % one.length]);
    const { losses, norms } = await step.run({ tokens, k, B: 2, T: 8 }, learningRate);
    for (let e = 0; e < k; e++) {
      assert.ok(Math.abs(losses[e] - run.losses[i]) < 1e-3, `step ${i}: loss ${losses[e]}, expected ${run.losses[i]}`);
      const relative = Math.abs(norms[e] - run.gradientNorms[i]) / run.gradientNorms[i];
      assert.ok(relative < 5e-3, `step ${i}: norm ${norms[e]}, expected ${run.gradientNorms[i]}`);
    }
  }
  await step.fetch();
}

describe('Llama models against PyTorch', () => {
  let training: Training;
  let final: Map<string, Tensors>;

  before(async () => {
    training = JSON.parse(await readFile(join(fixtureFolder, 'training.json'), 'utf8')) as Training;
    final = await readFixture('training.safetensors');
  });

  for (const name of ['tiny-llama', 'tiny-llama-untied']) {
    it(`${name}: losses and hidden states`, async () => {
      await checkScores(await open(name), undefined, `${name}/expected.safetensors`);
    });

    it(`${name}: gradients of all weights, with and without a chunked loss`, async () => {
      const model = await open(name);
      const expected = await readFixture(`${name}/expected.safetensors`);
      for (const lossChunks of [1, 3]) {
        const parameters = await loadWeights(model);
        const step = await TrainStep.full(model.config, parameters, {
          optimizer: defaultAdamW,
          lossChunks,
          device: testDevice,
        });
        const tokens = Int32Array.from(expected.get('ids')?.data ?? [], Number);
        await step.run({ tokens, k: 1, B: 2, T: 8 }, 0);
        // After one step the first moment is (1 − beta1) · scale · gradient, with one scale for all.
        const norm = Math.hypot(
          ...[...expected].flatMap(([key, t]) => (key.startsWith('grad.') ? [...t.data].map(Number) : [])),
        );
        const scale = (1 - defaultAdamW.beta1) * Math.min(1, 1 / norm);
        const [{ firstMoment }] = await step.save();
        for (const { name: parameter, offset, length } of parameters.places) {
          const gradient = firstMoment.subarray(offset, offset + length).map((m) => m / scale);
          const difference = largestDifference(gradient, expected.get(`grad.${parameter}`)?.data ?? []);
          assert.ok(difference < 1e-4, `${parameter}: differs by ${difference}`);
        }
      }
    });
  }

  it('a PEFT adapter gives the same losses and hidden states', async () => {
    const model = await open('tiny-llama');
    await checkScores(model, await loadAdapter(join(fixtureFolder, 'lora'), model.config), 'lora/expected.safetensors');
  });

  it('20 steps of full training follow the loss curve and end at the same weights', async () => {
    const model = await open('tiny-llama');
    const parameters = await loadWeights(model);
    const { weightDecay, maxNorm } = training.full;
    const optimizer = { ...defaultAdamW, weightDecay, clipNorm: maxNorm };
    await train(
      await TrainStep.full(model.config, parameters, { optimizer, device: testDevice }),
      training,
      training.full,
      1,
    );
    for (const { name } of parameters.places) {
      assert.ok(largestDifference(parameters.view(name), final.get(`full.final.${name}`)?.data ?? []) < 2e-3, name);
    }
  });

  for (const run of ['lora', 'loraLooseClip'] as const) {
    it(`20 LoRA steps (${run}) of three experts side by side each follow the single loss curve`, async () => {
      const model = await open('tiny-llama');
      const one = await loadAdapter(join(fixtureFolder, 'lora'), model.config);
      const stack = stackAdapters([one, one, one]);
      const { weightDecay, maxNorm } = training[run];
      const optimizer = { ...defaultAdamW, weightDecay, clipNorm: maxNorm };
      await train(await TrainStep.experts(model, stack, { optimizer, lossChunks: 2 }), training, training[run], 3);
      for (const { name } of stack.parameters.places) {
        const expected = final.get(`${run}.final.${peftName(name)}`)?.data ?? [];
        assert.ok(largestDifference(stack.share(name, 2), expected) < 2e-3, name);
      }
    });
  }

  it('greedy decoding with a cache chooses the same tokens', async () => {
    const cases = JSON.parse(await readFile(join(fixtureFolder, 'generation.json'), 'utf8')) as {
      model: string;
      adapter: string | null;
      prompt: number[];
      next: number[];
    }[];
    for (const { model: name, adapter, prompt, next } of cases) {
      const model = await open(name);
      const stack = adapter === null ? undefined : await loadAdapter(join(fixtureFolder, adapter), model.config);
      const decoder = await Decoder.create(model, stack);
      let { logits } = await decoder.read(prompt);
      for (const expected of next) {
        const best = logits.indexOf(Math.max(...logits));
        assert.equal(best, expected);
        ({ logits } = await decoder.read([best]));
      }
    }
  });
});
