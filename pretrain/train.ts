import { open, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../backend/base/errors';
import type { Watch } from '../backend/base/progress';
import { createRandom } from '../backend/base/random';
import { Parameters } from '../backend/model/architectures/parameters';
import { architectureOf } from '../backend/model/architectures/table';
import { TrainStep } from '../backend/model/training/train-step';
import { defaultAdamW } from '../backend/tensor/optimizer';
import {
  isOfRecipe,
  placeOf,
  progressOf,
  readWeights,
  restoreCheckpoint,
  saveCheckpoint,
  writeModel,
} from './checkpoint';
import { batchAt, readStream } from './data';
import type { Recipe } from './recipe';

const stepsBetweenCheckpoints = 200;

export interface Folders {
  /** Texts, tokens, checkpoints, and in `model` the weights as they come. */
  readonly cache: string;
  /** The bundled model: with its weights training goes on where the cache has no checkpoint. */
  readonly bundled: string;
}

/** What is told at a checkpoint, when the weights are in the folder of the model. */
export type AtCheckpoint = (place: { readonly steps: number; readonly loss: number }) => Promise<void>;

/** Where the weights of the stable phase are, with the tokenizer. */
export const modelFolder = (cache: string): string => join(cache, 'model');
/** Where the weights are after the decay. */
export const decayedFolder = (cache: string): string => join(cache, 'decayed');

/**
 * The stable phase: all weights, on `train.u16` of the cache, from the last checkpoint; without one from the bundled weights
 * where they are of the recipe, with a short new rise of the learning rate; else from random ones. Goes on until it is stopped,
 * or to the recipe's end.
 */
export async function train(
  { cache, bundled }: Folders,
  recipe: Recipe,
  watch: Watch,
  tell: AtCheckpoint,
): Promise<void> {
  const { peakLearningRate, warmup, steps } = recipe;
  const checkpoints = join(cache, 'checkpoint');
  const { parameters, step } = await newStep(recipe);
  let begun = 0;
  const last = await placeOf(checkpoints);
  if (last !== undefined) {
    begun = last.begun;
    await restoreCheckpoint(checkpoints, step, last);
  } else if (await isOfRecipe(bundled, recipe)) {
    begun = (await progressOf(bundled)).steps;
    await readWeights(bundled, parameters);
    const [fresh] = await step.save();
    await step.restore([{ ...fresh, parameters: Float32Array.from(parameters.data), steps: 0 }]);
  }
  const rate = (at: number): number => peakLearningRate * Math.min(1, (at + 1 - begun) / warmup);
  const model = modelFolder(cache);
  await run({ cache, recipe, checkpoints, model, parameters, step, begun, until: steps, rate, tell }, watch);
}

/**
 * The decay: from the last checkpoint of the stable phase, which stays as it is, so that the stable phase can go on from there.
 * A decay that was stopped goes on, unless the stable phase has gone on meanwhile.
 */
export async function decay(
  { cache }: Pick<Folders, 'cache'>,
  recipe: Recipe,
  watch: Watch,
  tell: AtCheckpoint,
): Promise<void> {
  const stable = await placeOf(join(cache, 'checkpoint'));
  if (stable === undefined) throw new UserError('There is no checkpoint to decay from.', 'Run: npm run pretrain train');
  const { steps, share } = recipe.decay;
  const length = Math.min(steps, Math.round(share * stable.steps));
  const until = stable.steps + length;
  const checkpoints = join(cache, `decay-${stable.steps}`);
  for (const name of await readdir(cache)) {
    if (/^decay-\d+$/.test(name) && name !== basename(checkpoints)) await rm(join(cache, name), { recursive: true });
  }
  const { parameters, step } = await newStep(recipe);
  const last = await placeOf(checkpoints);
  if (last === undefined) await restoreCheckpoint(join(cache, 'checkpoint'), step, stable);
  else await restoreCheckpoint(checkpoints, step, last);
  const rate = (at: number): number => (recipe.peakLearningRate * (until - at)) / length;
  const model = decayedFolder(cache);
  await run({ cache, recipe, checkpoints, model, parameters, step, begun: stable.begun, until, rate, tell }, watch);
}

/** A stretch of training. */
interface Stretch {
  readonly cache: string;
  readonly recipe: Recipe;
  readonly checkpoints: string;
  /** The folder of the model that the weights go to at every checkpoint. */
  readonly model: string;
  readonly parameters: Parameters;
  readonly step: TrainStep;
  /** The step of all pretraining at which the optimizer began. */
  readonly begun: number;
  /** The step of all pretraining at which the stretch ends. */
  readonly until: number;
  readonly rate: (step: number) => number;
  readonly tell: AtCheckpoint;
}

async function run(stretch: Stretch, watch: Watch): Promise<void> {
  const { cache, recipe, checkpoints, model, parameters, step, begun, until, rate, tell } = stretch;
  const { rows: B, context: T } = recipe;
  const stream = await readStream(cache);
  const log = await open(join(cache, 'metrics.jsonl'), 'a');
  let smoothed = Number.NaN;
  try {
    for (let at = begun + step.steps; at < until; at++) {
      const learningRate = rate(at);
      const { losses, norms } = await step.run({ tokens: batchAt(stream, at, recipe), k: 1, B, T }, learningRate);
      if (!Number.isFinite(losses[0])) throw new Error(`the loss is ${losses[0]} at step ${at}`);
      smoothed = Number.isNaN(smoothed) ? losses[0] : 0.98 * smoothed + 0.02 * losses[0];
      await log.write(`${JSON.stringify({ step: at, loss: losses[0], norm: norms[0], learningRate })}\n`);
      const note = `loss ${smoothed.toFixed(3)}`;
      watch.report({ stage: 'Pretraining', done: (at + 1) * B * T, total: until * B * T, unit: 'tokens', note });
      const steps = at + 1;
      if (steps === until || watch.signal.aborted || steps % stepsBetweenCheckpoints === 0) {
        await saveCheckpoint(checkpoints, step, { steps, begun });
        await step.fetch();
        await writeModel(model, parameters, steps, recipe);
        if (!watch.signal.aborted) await tell({ steps, loss: smoothed });
      }
      watch.signal.throwIfAborted();
      // The runtime blocks the event loop during a step; this lets signals through.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await log.close();
    await step.dispose();
  }
}

async function newStep(recipe: Recipe): Promise<{ parameters: Parameters; step: TrainStep }> {
  const { config, rows, context, weightDecay, muon: momentum } = recipe;
  const parameters = new Parameters(architectureOf(config).parameters(config));
  initialise(parameters, recipe);
  const ofLayers = (name: string): boolean => /\.layers\..*_proj\.weight$/.test(name);
  const muon = momentum === undefined ? {} : { muon: { momentum, weightDecay, changes: ofLayers } };
  const optimizer = { ...defaultAdamW, weightDecay, ...muon };
  const batch = { B: rows, T: context };
  return { parameters, step: await TrainStep.full(config, parameters, { optimizer, batch }) };
}

/** GPT-2's initialisation: normal, 0.02; projections back into the residual stream smaller with depth. */
function initialise(parameters: Parameters, { seed, config }: Recipe): void {
  const random = createRandom(seed);
  const residual = 0.02 / Math.sqrt(2 * config.layers);
  for (const { name, shape } of parameters.places) {
    const view = parameters.view(name);
    const deviation = /o_proj|down_proj/.test(name) ? residual : 0.02;
    for (let i = 0; i < view.length; i++) view[i] = shape.length === 1 ? 1 : deviation * random.normal();
  }
}
