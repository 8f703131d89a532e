import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Codec } from '../protocol/checkpoint';
import { UserError } from '../protocol/errors';
import { readJson, writeWhole } from '../protocol/files';
import { createRandom } from '../protocol/random';
import type { LinearModule } from './architectures/architecture';
import { architectureOf } from './architectures/table';
import type { ModelConfig } from './config';
import { Parameters } from './parameters';
import { readFloat32Tensors, writeSafetensors } from './weights/safetensors';

/** What a LoRA adapter changes (Hu et al. 2021): W x + alpha/rank · B A x. */
export interface LoraSettings {
  readonly rank: number;
  readonly alpha: number;
  /** Names of linear layers, or all of every block, as PEFT calls it. */
  readonly targets: readonly string[] | 'all-linear';
  /**
   * Only the last so many layers are adapted; all by default. The layers below are then a frozen trunk that runs once per
   * text, not once per expert.
   */
  readonly layers?: number;
}

export const defaultLora: LoraSettings = { rank: 8, alpha: 16, targets: 'all-linear' };

/**
 * k adapters of one shape side by side: for every adapted projection `<path>.lora_A` [k, r, in] and
 * `<path>.lora_B` [k, out, r], so that one run of a graph serves all k.
 */
export class AdapterStack {
  readonly parameters: Parameters;

  constructor(
    readonly config: ModelConfig,
    readonly settings: LoraSettings,
    readonly count: number,
  ) {
    this.parameters = new Parameters(adapterShapes(config, settings, count));
  }

  get scale(): number {
    return this.settings.alpha / this.settings.rank;
  }

  /** Expert `index`'s share of a parameter, shared with the buffer. */
  share(name: string, index: number): Float32Array {
    const { length } = this.parameters.place(name);
    const size = length / this.count;
    return this.parameters.view(name).subarray(index * size, (index + 1) * size);
  }

  /** `count` experts from `from` on as a stack of their own (a copy). */
  part(from: number, count: number): AdapterStack {
    const result = new AdapterStack(this.config, this.settings, count);
    for (const { name } of this.parameters.places) {
      for (let e = 0; e < count; e++) result.share(name, e).set(this.share(name, from + e));
    }
    return result;
  }
}

function adaptedLayers(config: ModelConfig, { layers = config.layers }: LoraSettings): number[] {
  const count = Math.min(layers, config.layers);
  return Array.from({ length: count }, (_, i) => config.layers - count + i);
}

/** The linear layers that adapters of these settings change. Throws UserError where a target is no layer of the model. */
function adaptedLinears(config: ModelConfig, settings: LoraSettings): LinearModule[] {
  const linears = architectureOf(config).linears(config);
  const { targets } = settings;
  if (targets !== 'all-linear') {
    const unknown = targets.filter((target) => !linears.some(({ name }) => name === target));
    if (unknown.length > 0) {
      const names = [...new Set(linears.map(({ name }) => name))];
      throw new UserError(`The model has no ${unknown.join(', ')} to adapt.`, `It has ${names.join(', ')}.`);
    }
  }
  const layers = new Set(adaptedLayers(config, settings));
  return linears.filter(({ name, layer }) => layers.has(layer) && (targets === 'all-linear' || targets.includes(name)));
}

function adapterShapes(config: ModelConfig, settings: LoraSettings, count: number): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const { path, out, in: input } of adaptedLinears(config, settings)) {
    shapes.set(`${path}.lora_A`, [count, settings.rank, input]);
    shapes.set(`${path}.lora_B`, [count, out, settings.rank]);
  }
  return shapes;
}

/** Fresh adapters as PEFT starts them: A uniform in ±1/√in, B zero, so that every expert begins as the base model. */
export function createAdapters(
  config: ModelConfig,
  settings: LoraSettings,
  { count, seed }: { count: number; seed: number },
): AdapterStack {
  const stack = new AdapterStack(config, settings, count);
  for (let expert = 0; expert < count; expert++) {
    const random = createRandom(seed, expert);
    for (const { name, shape } of stack.parameters.places) {
      if (!name.endsWith('.lora_A')) continue;
      const bound = 1 / Math.sqrt(shape[2]);
      const share = stack.share(name, expert);
      for (let i = 0; i < share.length; i++) share[i] = (2 * random.uniform() - 1) * bound;
    }
  }
  return stack;
}

/** How a stack is kept in a checkpoint. */
export function stackCodec(config: ModelConfig): Codec<AdapterStack> {
  return {
    save: ({ settings, count, parameters }) => ({ settings, count, parameters: parameters.data }),
    restore: (state) => {
      const { settings, count, parameters } = state as {
        settings: LoraSettings;
        count: number;
        parameters: Float32Array;
      };
      const stack = new AdapterStack(config, settings, count);
      stack.parameters.data.set(parameters);
      return stack;
    },
  };
}

/** Puts single adapters of equal settings side by side. */
export function stackAdapters(adapters: readonly AdapterStack[]): AdapterStack {
  const [first] = adapters;
  const stack = new AdapterStack(first.config, first.settings, adapters.length);
  adapters.forEach((adapter, expert) => {
    for (const { name } of stack.parameters.places) stack.share(name, expert).set(adapter.share(name, 0));
  });
  return stack;
}

const peftSchema = z.object({
  peft_type: z.literal('LORA'),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  target_modules: z.array(z.string()),
  layers_to_transform: z.array(z.int().nonnegative()).nullish(),
});

/** Writes expert `index` in PEFT's format: `adapter_config.json` and `adapter_model.safetensors`. */
export async function saveAdapter(
  stack: AdapterStack,
  index: number,
  folder: string,
  baseModel: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tensors = stack.parameters.places.map(({ name, shape }) => ({
    name: `base_model.model.${name}.weight`,
    shape: shape.slice(1),
    data: stack.share(name, index),
  }));
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), tensors);
  const { settings } = stack;
  const { rank, alpha } = settings;
  const names = new Set(adaptedLinears(stack.config, settings).map(({ name }) => name));
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseModel,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    target_modules: [...names],
    layers_to_transform: settings.layers === undefined ? null : adaptedLayers(stack.config, settings),
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
  };
  await writeWhole(join(folder, 'adapter_config.json'), `${JSON.stringify(config, undefined, 2)}\n`);
}

/** Reads an adapter in PEFT's format. Throws UserError where it is missing, damaged or made for another model. */
export async function loadAdapter(folder: string, config: ModelConfig): Promise<AdapterStack> {
  const configPath = join(folder, 'adapter_config.json');
  const parsed = peftSchema.safeParse(await readJson(configPath, "The adapter's configuration"));
  if (!parsed.success) {
    throw new UserError(
      `${configPath} is no LoRA adapter that this version reads: ${z.prettifyError(parsed.error)}`,
      'Use a LoRA adapter of plain linear layers.',
    );
  }
  const { r, lora_alpha, target_modules, layers_to_transform } = parsed.data;
  const layers = layers_to_transform?.length ?? config.layers;
  const stack = new AdapterStack(config, { rank: r, alpha: lora_alpha, targets: target_modules, layers }, 1);
  const tensors = await readFloat32Tensors(join(folder, 'adapter_model.safetensors'));
  for (const { name, shape } of stack.parameters.places) {
    const tensor = tensors.get(`base_model.model.${name}.weight`);
    if (tensor === undefined || tensor.shape.join() !== shape.slice(1).join()) {
      throw new UserError(
        `The adapter in ${folder} does not fit this base model (${name}).`,
        'Use it with the model that it was trained on.',
      );
    }
    stack.parameters.view(name).set(tensor.data);
  }
  return stack;
}
