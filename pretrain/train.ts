import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { architectureOf } from '../backend/model/architectures/table';
import { toHuggingFace } from '../backend/model/architectures/config';
import { Parameters } from '../backend/model/architectures/parameters';
import { TrainStep } from '../backend/model/training/train-step';
import { readFloatTensors } from '../backend/model/weights/floats';
import { writeSafetensors } from '../backend/model/weights/safetensors';
import { exists, readJson, writeWhole } from '../backend/base/files';
import type { Watch } from '../backend/base/progress';
import { createRandom } from '../backend/base/random';
import { defaultAdamW, warmupStableDecay } from '../backend/tensor/optimizer';
import { recipe } from './recipe';

const stepsBetweenCheckpoints = 200;

/** GPT-2's initialisation: normal, 0.02; projections back into the residual stream smaller with depth. */
function initialise(parameters: Parameters): void {
  const random = createRandom(recipe.seed);
  const residual = 0.02 / Math.sqrt(2 * recipe.config.layers);
  for (const { name, shape } of parameters.places) {
    const view = parameters.view(name);
    const deviation = /o_proj|down_proj/.test(name) ? residual : 0.02;
    for (let i = 0; i < view.length; i++) view[i] = shape.length === 1 ? 1 : deviation * random.normal();
  }
}

/** The rows of one step: row r of an epoch is a stretch of context + 1 tokens of the stream, in seeded order. */
function batch(stream: Uint16Array, step: number): Int32Array {
  const { rows, context, seed } = recipe;
  const perEpoch = Math.floor((stream.length - 1) / context);
  const tokens = new Int32Array(rows * (context + 1));
  for (let r = 0; r < rows; r++) {
    const index = step * rows + r;
    const order = epochOrder(Math.floor(index / perEpoch), perEpoch, seed);
    const from = order[index % perEpoch] * context;
    tokens.set(stream.subarray(from, from + context + 1), r * (context + 1));
  }
  return tokens;
}

const orders = new Map<number, readonly number[]>();

function epochOrder(epoch: number, count: number, seed: number): readonly number[] {
  const known = orders.get(epoch);
  if (known !== undefined) return known;
  const order = createRandom(seed, epoch).shuffle(Array.from({ length: count }, (_, i) => i));
  orders.set(epoch, order);
  return order;
}

/**
 * Pretrains the bundled model: all weights, on `train.u16` of the cache, from the last checkpoint where there is one.
 * Writes `model.safetensors` (float16) and `config.json` into the model folder at every checkpoint and at the end.
 */
export async function train(cache: string, modelFolder: string, watch: Watch): Promise<void> {
  const bytes = await readFile(join(cache, 'train.u16'));
  const stream = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const parameters = new Parameters(architectureOf(recipe.config).parameters(recipe.config));
  initialise(parameters);
  const optimizer = { ...defaultAdamW, weightDecay: recipe.weightDecay };
  const step = await TrainStep.full(recipe.config, parameters, {
    optimizer,
    batch: { B: recipe.rows, T: recipe.context },
  });
  const checkpoint = join(cache, 'checkpoint');
  await mkdir(checkpoint, { recursive: true });
  await restore(checkpoint, step);
  const log = await open(join(cache, 'metrics.jsonl'), 'a');

  const { rows: B, context: T, steps } = recipe;
  let smoothed = Number.NaN;
  while (step.steps < steps) {
    const at = step.steps;
    const learningRate = warmupStableDecay(at, {
      peak: recipe.peakLearningRate,
      warmup: recipe.warmup,
      decay: recipe.decay,
      total: steps,
    });
    const { losses, norms } = await step.run({ tokens: batch(stream, at), k: 1, B, T }, learningRate);
    if (!Number.isFinite(losses[0])) throw new Error(`the loss is ${losses[0]} at step ${at}`);
    smoothed = Number.isNaN(smoothed) ? losses[0] : 0.98 * smoothed + 0.02 * losses[0];
    await log.write(`${JSON.stringify({ step: at, loss: losses[0], norm: norms[0], learningRate })}\n`);
    const done = (at + 1) * B * T;
    watch.report({
      stage: 'Pretraining',
      done,
      total: steps * B * T,
      unit: 'tokens',
      note: `loss ${smoothed.toFixed(3)}`,
    });
    const last = at + 1 === steps || watch.signal.aborted;
    if (last || (at + 1) % stepsBetweenCheckpoints === 0) {
      await save(checkpoint, step);
      await step.fetch();
      await writeModel(modelFolder, parameters);
    }
    watch.signal.throwIfAborted();
    // The runtime blocks the event loop during a step; this lets signals through.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await log.close();
  await step.dispose();
}

const buffers = ['parameters', 'firstMoment', 'secondMoment'] as const;

async function save(folder: string, step: TrainStep): Promise<void> {
  const state = await step.save();
  const { steps } = state;
  const tensors = buffers.map((name) => ({ name, shape: [state[name].length], data: state[name] }));
  await writeSafetensors(join(folder, `${steps}.safetensors`), tensors);
  await writeWhole(join(folder, 'last.json'), JSON.stringify({ steps }));
}

async function restore(folder: string, step: TrainStep): Promise<void> {
  if (!(await exists(join(folder, 'last.json')))) return;
  const { steps } = (await readJson(join(folder, 'last.json'), 'The checkpoint')) as { steps: number };
  const tensors = await readFloatTensors(join(folder, `${steps}.safetensors`));
  const kept = await step.save();
  const read = (name: (typeof buffers)[number]): Float32Array => {
    const data = tensors.get(name)?.data;
    if (data?.length === kept[name].length) return Float32Array.from(data);
    throw new Error(`the checkpoint of step ${steps} is of another model`);
  };
  const [parameters, firstMoment, secondMoment] = buffers.map(read);
  await step.restore({ parameters, firstMoment, secondMoment, steps });
}

async function writeModel(folder: string, parameters: Parameters): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tensors = parameters.places.map(({ name, shape }) => {
    return { name, shape, data: parameters.view(name), dtype: 'F16' as const };
  });
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  await writeWhole(join(folder, 'config.json'), `${JSON.stringify(toHuggingFace(recipe.config), undefined, 2)}\n`);
}
