import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, readJson, writeWhole } from '../backend/base/files';
import { toHuggingFace } from '../backend/model/architectures/config';
import type { Parameters } from '../backend/model/architectures/parameters';
import type { TrainStep } from '../backend/model/training/train-step';
import { readFloatTensors } from '../backend/model/weights/floats';
import { writeSafetensors } from '../backend/model/weights/safetensors';
import type { Recipe } from './recipe';

/** Where a checkpoint stands. Steps are counted over all of pretraining. */
export interface Place {
  readonly steps: number;
  /** The step at which the optimizer began with empty moments: there the learning rate rises. */
  readonly begun: number;
}

const buffers = ['parameters', 'firstMoment', 'secondMoment'] as const;

/** Writes weights and optimizer state; of a folder, the last two checkpoints are kept. */
export async function saveCheckpoint(folder: string, step: TrainStep, place: Place): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [state] = await step.save();
  const tensors = buffers.map((name) => ({ name, shape: [state[name].length], data: state[name] }));
  const last = await placeOf(folder);
  await writeSafetensors(join(folder, `${place.steps}.safetensors`), tensors);
  await writeWhole(join(folder, 'last.json'), JSON.stringify(place));
  for (const name of await readdir(folder)) {
    const steps = Number(/^(\d+)\.safetensors$/.exec(name)?.[1] ?? NaN);
    if (steps !== place.steps && steps !== last?.steps && !Number.isNaN(steps)) await rm(join(folder, name));
  }
}

/** Where the last checkpoint of a folder stands. */
export async function placeOf(folder: string): Promise<Place | undefined> {
  if (!(await exists(join(folder, 'last.json')))) return undefined;
  return (await readJson(join(folder, 'last.json'), 'The checkpoint')) as Place;
}

export async function restoreCheckpoint(folder: string, step: TrainStep, { steps, begun }: Place): Promise<void> {
  const tensors = await readFloatTensors(join(folder, `${steps}.safetensors`));
  const [kept] = await step.save();
  const [parameters, firstMoment, secondMoment] = buffers.map((name) => {
    const data = tensors.get(name)?.data;
    if (data?.length === kept[name].length) return Float32Array.from(data);
    throw new Error(`the checkpoint of step ${steps} in ${folder} is of another model`);
  });
  await step.restore([{ parameters, firstMoment, secondMoment, steps: steps - begun }]);
}

/** How far the weights of a model folder are trained. */
export interface Progress {
  readonly steps: number;
  readonly tokensSeen: number;
}

const progressFile = 'pretraining.json';

/** Writes `model.safetensors` (float16), `config.json` and how far they are trained into a model folder. */
export async function writeModel(
  folder: string,
  parameters: Parameters,
  steps: number,
  { config, rows, context }: Recipe,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tensors = parameters.places.map(({ name, shape }) => {
    return { name, shape, data: parameters.view(name), dtype: 'F16' as const };
  });
  const progress: Progress = { steps, tokensSeen: steps * rows * context };
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  await writeWhole(join(folder, 'config.json'), `${JSON.stringify(toHuggingFace(config), undefined, 2)}\n`);
  await writeWhole(join(folder, progressFile), `${JSON.stringify(progress)}\n`);
}

export async function progressOf(modelFolder: string): Promise<Progress> {
  return (await readJson(join(modelFolder, progressFile), 'The record of pretraining')) as Progress;
}

/** Whether a model folder has weights of the recipe's shape, with which training can go on. */
export async function isOfRecipe(folder: string, { config }: Recipe): Promise<boolean> {
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', progressFile]) {
    if (!(await exists(join(folder, name)))) return false;
  }
  const found = await readJson(join(folder, 'config.json'), "The model's configuration");
  return JSON.stringify(found) === JSON.stringify(toHuggingFace(config));
}

/** Puts the weights of a model folder into `parameters`. */
export async function readWeights(folder: string, parameters: Parameters): Promise<void> {
  const tensors = await readFloatTensors(join(folder, 'model.safetensors'));
  for (const { name } of parameters.places) {
    const data = tensors.get(name)?.data;
    if (data === undefined) throw new Error(`${folder} has no weights ${name}`);
    parameters.view(name).set(data);
  }
}
