import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../../base/files';
import type { AdaptedModule } from '../../experts/stack';
import type { AdapterStack } from '../adapter';
import { architectureOf } from '../../architectures/table';
import type { ModelConfig } from '../../architectures/config';
import { writeSafetensors } from '../../weights/safetensors';
import { chosenModules } from './config';
import { configFile, weightsFile } from './load';

/** Writes expert `index` in PEFT's format. `baseModel` is where PEFT finds the base model: its name on the hub, or its folder. */
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
  await writeSafetensors(join(folder, weightsFile), tensors);
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    auto_mapping: null,
    base_model_name_or_path: baseModel,
    revision: null,
    ...ranksOf(stack.modules),
    lora_dropout: 0,
    ...choiceOf(stack.config, stack.modules),
    layers_pattern: null,
    bias: 'none',
    fan_in_fan_out: stack.modules.every(({ transposed }) => transposed),
    init_lora_weights: true,
    modules_to_save: null,
    inference_mode: true,
  };
  await writeWhole(join(folder, configFile), `${JSON.stringify(config, undefined, 2)}\n`);
}

/** The commonest rank and alpha, and the layers that have others. */
function ranksOf(modules: readonly AdaptedModule[]): Record<string, unknown> {
  const rank = commonest(modules.map((module) => module.rank));
  const alpha = commonest(modules.map((module) => module.alpha));
  const others = (field: 'rank' | 'alpha', usual: number): Record<string, number> =>
    Object.fromEntries(modules.filter((m) => m[field] !== usual).map((m) => [m.path, m[field]]));
  return { r: rank, lora_alpha: alpha, rank_pattern: others('rank', rank), alpha_pattern: others('alpha', alpha) };
}

function commonest(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** The layers by their names where these say which, else by their paths. */
function choiceOf(
  config: ModelConfig,
  modules: readonly AdaptedModule[],
): { readonly target_modules: string[]; readonly layers_to_transform: number[] | null } {
  const linears = architectureOf(config).linears(config);
  const layers = [...new Set(modules.map(({ layer }) => layer))];
  const target_modules = [...new Set(modules.map(({ name }) => name))];
  const layers_to_transform = layers.length === config.layers ? null : layers;
  const chosen = chosenModules({ r: 1, lora_alpha: 1, target_modules, layers_to_transform }, linears);
  if (chosen?.length === modules.length) return { target_modules, layers_to_transform };
  return { target_modules: modules.map(({ path }) => path), layers_to_transform: null };
}
