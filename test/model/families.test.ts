import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stackAdapters } from '../../backend/model/adapters/adapter';
import { Decoder } from '../../backend/model/decoding/decoder';
import { LanguageModel } from '../../backend/model/language-model';
import { Parameters } from '../../backend/model/architectures/parameters';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { score, scoreBatches } from '../../backend/model/score';
import { TrainStep } from '../../backend/model/training/train-step';
import { readFloatTensors } from '../../backend/model/weights/floats';
import { defaultAdamW } from '../../backend/tensor/optimizer';
import type { Tensors } from '../../backend/tensor/runtime';
import { testDevice } from '../support/device';
import { fixtureFolder, largestDifference, readFixture } from '../support/fixtures';

interface Expected {
  readonly gradientNorm: number;
  readonly training: { readonly losses: readonly number[]; readonly norms: readonly number[] };
  readonly generation: { readonly prompt: readonly number[]; readonly next: readonly number[] };
}

const names = [
  ...(['llama', 'mistral', 'qwen2', 'qwen3', 'gemma3_text', 'smollm3', 'granite', 'granitemoehybrid'] as const),
  ...(['phi3', 'gpt2'] as const),
] as const;
const folder = (name: string): string => join(fixtureFolder, 'families', name);

/** Rows of a tensor [B, T]. */
const rows = ({ data, shape: [B, T] }: Tensors): Int32Array[] =>
  Array.from({ length: B }, (_, row) => Int32Array.from(data.subarray(row * T, (row + 1) * T), Number));

const open = (name: string): Promise<LanguageModel> => LanguageModel.open(folder(name), { device: testDevice });

/** All weights of a model. */
async function loadWeights(model: LanguageModel): Promise<Parameters> {
  const { folder: files, entries } = model.weights;
  const parameters = new Parameters(new Map([...entries].map(([name, { shape }]) => [name, shape])));
  for (const [name, entry] of entries) {
    const tensors = await readFloatTensors(join(files, entry.file), new Map([[name, entry]]));
    for (const { data } of tensors.values()) parameters.view(name).set(data);
  }
  return parameters;
}

describe('families of models against PyTorch', () => {
  let expected: Readonly<Record<(typeof names)[number], Expected>>;
  let steps: { tokens: Int32Array; learningRate: number }[];

  before(async () => {
    const json = async (path: string): Promise<unknown> =>
      JSON.parse(await readFile(join(fixtureFolder, path), 'utf8'));
    expected = ((await json('families/families.json')) as { families: typeof expected }).families;
    const { lrs } = (await json('training.json')) as { lrs: number[] };
    const batches = (await readFixture('training.safetensors')).get('batches') ?? assert.fail('batches');
    const [, B, T] = batches.shape;
    steps = lrs.map((learningRate, i) => {
      return { learningRate, tokens: Int32Array.from(batches.data.subarray(i * B * T, (i + 1) * B * T), Number) };
    });
  });

  for (const name of names) {
    it(`${name}: losses and hidden states of whole texts, logits token by token`, async () => {
      const model = await open(name);
      const tensors = await readFixture(`families/${name}/expected.safetensors`);
      const get = (key: string): Tensors => tensors.get(key) ?? assert.fail(key);
      const texts = rows(get('ids'));
      const [B, T, D] = get('hidden').shape;
      await scoreBatches(
        model,
        texts,
        undefined,
        ({ nll, hidden }) => {
          assert.ok(largestDifference(nll, get('nll').data) < 1e-4);
          // The last position of each text predicts nothing and is not computed here.
          const kept = Array.from({ length: B }, (_, row) => [
            ...get('hidden').data.subarray(row * T * D, (row * T + T - 1) * D),
          ]);
          // Here it is what the head reads.
          const { logits = 1 } = model.config.scales ?? {};
          const read = kept.flat().map((value) => Number(value) / logits);
          assert.ok(largestDifference(hidden ?? [], read) < 1e-4);
        },
        { hidden: true },
      );

      const V = model.config.vocabularySize;
      for (const [row, text] of texts.entries()) {
        const decoder = await Decoder.create(model);
        for (const [t, token] of text.entries()) {
          const { logits } = await decoder.read([token]);
          const from = (row * T + t) * V;
          assert.ok(largestDifference(logits, get('logits').data.subarray(from, from + V)) < 1e-4, `token ${t}`);
        }
      }
      await model.dispose();
    });

    it(`${name}: LoRA steps of two experts side by side each follow the single loss curve`, async () => {
      const model = await open(name);
      const one = await loadAdapter(join(folder(name), 'lora'), model.config);
      const stack = stackAdapters([one, one]);
      const step = await TrainStep.experts(model, stack, { optimizer: defaultAdamW, lossChunks: 2 });
      const { losses, norms } = expected[name].training;
      for (const [i, loss] of losses.entries()) {
        const { tokens, learningRate } = steps[i];
        const result = await step.run(
          { tokens: Int32Array.from([...tokens, ...tokens]), k: 2, B: 2, T: 8 },
          learningRate,
        );
        for (let e = 0; e < 2; e++) {
          assert.ok(Math.abs(result.losses[e] - loss) < 1e-3, `step ${i}: loss ${result.losses[e]}, not ${loss}`);
          assert.ok(Math.abs(result.norms[e] / norms[i] - 1) < 5e-3, `step ${i}: norm ${result.norms[e]}`);
        }
      }
      await step.dispose();

      // Scoring adds the adapter to the weights; training does not.
      const texts = rows({ data: BigInt64Array.from(steps[0].tokens, BigInt), shape: [2, 9] });
      const scored = (await score(model, texts, one)).flatMap((nll) => [...nll]);
      const mean = scored.reduce((a, b) => a + b) / scored.length;
      assert.ok(Math.abs(mean - losses[0]) < 1e-4, `scored ${mean}, not ${losses[0]}`);
      await model.dispose();
    });

    it(`${name}: greedy decoding with a cache chooses the same tokens`, async () => {
      const model = await open(name);
      const { prompt, next } = expected[name].generation;
      const decoder = await Decoder.create(model);
      let { logits } = await decoder.read(prompt);
      for (const token of next) {
        const best = logits.indexOf(Math.max(...logits));
        assert.equal(best, token);
        ({ logits } = await decoder.read([best]));
      }
      await model.dispose();
    });

    it(`${name}: the gradient of all weights, biases and norms included`, async () => {
      const model = await open(name);
      const ids = (await readFixture(`families/${name}/expected.safetensors`)).get('ids') ?? assert.fail('ids');
      const options = { optimizer: defaultAdamW, device: testDevice };
      const step = await TrainStep.full(model.config, await loadWeights(model), options);
      const { norms } = await step.run({ tokens: Int32Array.from(ids.data, Number), k: 1, B: 2, T: 8 }, 0);
      const { gradientNorm } = expected[name];
      assert.ok(Math.abs(norms[0] / gradientNorm - 1) < 1e-5, `norm ${norms[0]}, not ${gradientNorm}`);
      await step.dispose();
    });
  }
});
