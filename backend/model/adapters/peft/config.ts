/** `adapter_config.json`: what PEFT writes beside the tensors of an adapter. */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../../../base/errors';
import { isSystemError, readJson } from '../../../base/files';
import { firstFault } from '../../../base/issues';
import type { LinearModule } from '../../architectures/architecture';
import { firstMatches } from './patterns';
import { tableOf } from '../../../base/table';

/** Bytes; the longest that PEFT writes name a rank for each layer, a hundred kilobytes. */
const largestConfig = 2 ** 23;

const names = z.union([z.string(), z.array(z.string())]).nullish();
const schema = z.looseObject({
  r: z.int().positive(),
  lora_alpha: z.number(),
  target_modules: names,
  exclude_modules: names,
  layers_to_transform: z.union([z.int().nonnegative(), z.array(z.int().nonnegative())]).nullish(),
  layers_pattern: names,
  rank_pattern: tableOf(z.int().positive()).nullish(),
  alpha_pattern: tableOf(z.number()).nullish(),
  use_rslora: z.boolean().nullish(),
  base_model_name_or_path: z.string().nullish(),
});
export type PeftConfig = z.infer<typeof schema> & {
  /** Whether MLX wrote it, which has tensors of its own form. */
  readonly mlx?: boolean;
};

/** What MLX (mlx-lm) writes under the same name: its scale is alpha/rank. */
const mlxSchema = z.looseObject({
  fine_tune_type: z.string().default('lora'),
  lora_parameters: z.looseObject({ rank: z.int().positive(), scale: z.number() }),
  model: z.string().nullish(),
});

const merging = 'Merge it into its base model with PEFT (merge_and_unload) and use the merged folder as a base model.';
const plain = 'Train it again as plain LoRA on linear layers.';
const converting =
  'Save it with path_initial_model_for_weight_conversion, which makes plain LoRA of it, or merge it with PEFT.';

/** Settings that make of an adapter something else than W + scale · B A, with what they are called and the way out. */
const beyondLora: Readonly<Record<string, readonly [what: string, next: string]>> = {
  use_dora: ['weights decomposed into magnitude and direction (DoRA)', merging],
  bias: ['trained biases', merging],
  lora_bias: ['biases of its own', merging],
  modules_to_save: ['whole modules that were trained with it', merging],
  trainable_token_indices: ['trained rows of the embedding', merging],
  target_parameters: ['updates of parameters that are no linear layers', merging],
  layer_replication: ['layers of the base model repeated', merging],
  use_bdlora: ['block-diagonal factors', merging],
  kasa_config: ['singular values between its factors (KaSA)', merging],
  use_qalora: ['inputs pooled in groups (QALoRA)', plain],
  alora_invocation_tokens: ['updates of some tokens only (aLoRA)', plain],
  arrow_config: ['routing between adapters (Arrow)', plain],
  monteclora_config: ['random updates (MonteCLoRA)', plain],
};

/** Ways to start that leave the base model's weights as they are. */
const gentleStarts: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal', 'mica'];

/** Settings that say how it was trained, or nothing that its tensors do not say. */
const harmless: ReadonlySet<string> = new Set([
  ...Object.keys(schema.shape),
  ...['peft_type', 'peft_version', 'auto_mapping', 'task_type', 'inference_mode', 'revision', 'runtime_config'],
  ...['lora_dropout', 'fan_in_fan_out', 'init_lora_weights', 'ensure_weight_tying', 'qalora_group_size'],
  ...['megatron_config', 'megatron_core', 'loftq_config', 'eva_config', 'corda_config', 'lora_ga_config'],
  'velora_config',
]);

/** Reads and checks it. Throws UserError where it is missing or damaged, and by name for what is more than plain LoRA. */
export async function readPeftConfig(path: string): Promise<PeftConfig> {
  const size = await stat(path).then(
    (info) => info.size,
    (error: unknown) => {
      if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return 0;
      throw error;
    },
  );
  const next = 'Use the folder of a LoRA adapter as PEFT saves it.';
  if (size > largestConfig) throw new UserError(`${path} has ${size} bytes: it configures no adapter.`, next);
  const json = await readJson(path, "The adapter's configuration");
  const given = tableOf(z.unknown()).safeParse(json);
  if (!given.success) throw new UserError(`${path} configures no adapter.`, next);
  if (given.data.peft_type === undefined && 'lora_parameters' in given.data) return readMlx(path, given.data);
  refuseBeyondLora(path, given.data);
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new UserError(`${path} is damaged: ${firstFault(parsed.error).slice(0, 400)}`, next);
}

function readMlx(path: string, json: Readonly<Record<string, unknown>>): PeftConfig {
  const parsed = mlxSchema.safeParse(json);
  if (!parsed.success) {
    throw new UserError(`${path} is damaged: it is no configuration of MLX.`, 'Save the adapter again with mlx-lm.');
  }
  const { fine_tune_type: type, lora_parameters: lora, model } = parsed.data;
  if (type === 'lora')
    return { mlx: true, r: lora.rank, lora_alpha: lora.scale * lora.rank, base_model_name_or_path: model };
  throw new UserError(
    `${path} is of MLX, and trained by ${type.slice(0, 50)}; LoRA adapters are read.`,
    'Fuse it with its base model (mlx_lm.fuse) and use the fused folder as a base model.',
  );
}

function refuseBeyondLora(path: string, config: Readonly<Record<string, unknown>>): void {
  const { peft_type: type, init_lora_weights: start } = config;
  if (type !== 'LORA') {
    const found = typeof type === 'string' ? `a ${type.slice(0, 50)} adapter` : 'no adapter of PEFT';
    throw new UserError(`${path} is ${found}; LoRA adapters are read.`, merging);
  }
  for (const [field, [what, next]] of Object.entries(beyondLora)) {
    if (isSet(config[field])) throw new UserError(`The adapter of ${path} has ${what}: ${field} is set.`, next);
  }
  if (!gentleStarts.includes(start)) {
    const found = JSON.stringify(start).slice(0, 50);
    throw new UserError(
      `The adapter of ${path} belongs to changed base weights: init_lora_weights is ${found}.`,
      converting,
    );
  }
  const unknown = Object.keys(config).find(
    (field) => !harmless.has(field) && !Object.hasOwn(beyondLora, field) && isSwitch(config[field]),
  );
  if (unknown === undefined) return;
  throw new UserError(`${path} sets ${unknown.slice(0, 100)}, which this version does not know.`, merging);
}

function isSet(value: unknown): boolean {
  if (value === 'none' || value === undefined || value === null || value === false) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** Newer methods come with a flag or a configuration of their own; numbers and names alone change nothing. */
function isSwitch(value: unknown): boolean {
  return value === true || (typeof value === 'object' && isSet(value));
}

/** The layers that the configuration chooses, by PEFT's rules; undefined where it leaves the choice to PEFT. */
export function chosenModules<M extends Pick<LinearModule, 'path' | 'layer'>>(
  { target_modules: targets, exclude_modules: excluded, ...config }: PeftConfig,
  linears: readonly M[],
): M[] | undefined {
  if (targets === undefined || targets === null) return undefined;
  const paths = linears.map(({ path }) => path);
  const out = matching(excluded ?? [], paths);
  if (typeof targets === 'string') {
    const found = targets.toLowerCase() === 'all-linear' ? paths.map(() => true) : matching(targets, paths);
    return linears.filter((_, i) => found[i] && !out[i]);
  }
  const found = matching(targets, paths);
  const inLayer = chosenLayers(config, linears);
  return linears.filter(({ path }, i) => found[i] && !out[i] && (inLayer[i] || targets.includes(path)));
}

/** One string is a pattern for the whole path; in a list are paths, or the ends of paths. */
function matching(given: string | readonly string[], paths: readonly string[]): boolean[] {
  if (typeof given === 'string') return firstMatches([`^(?:${given})$`], paths).map((found) => found !== -1);
  return paths.map((path) => given.some((name) => path === name || path.endsWith(`.${name}`)));
}

function chosenLayers(
  { layers_to_transform: chosen, layers_pattern: pattern }: Pick<PeftConfig, 'layers_to_transform' | 'layers_pattern'>,
  linears: readonly Pick<LinearModule, 'path' | 'layer'>[],
): boolean[] {
  const layers = typeof chosen === 'number' ? [chosen] : (chosen ?? []);
  if (layers.length === 0) return linears.map(() => true);
  const lists = typeof pattern === 'string' ? [pattern] : (pattern ?? []);
  const named = lists.filter((list) => list !== '').map((list) => String.raw`^(?:^|.*?\.)${list}\.\d+\.`);
  const found = firstMatches(named, linears.map(({ path }) => path)); // prettier-ignore
  return linears.map(({ layer }, i) => layers.includes(layer) && (named.length === 0 || found[i] !== -1));
}

/** Rank and alpha of each path. With rsLoRA (Kalajdzievski 2023) the update is scaled by alpha/√rank: told as the alpha of alpha/rank. */
export function ranksAndAlphas(
  { r, lora_alpha, rank_pattern, alpha_pattern, use_rslora }: PeftConfig,
  paths: readonly string[],
): { readonly rank: number; readonly alpha: number }[] {
  const ranks = byPattern(rank_pattern ?? {}, paths);
  const alphas = byPattern(alpha_pattern ?? {}, paths);
  return paths.map((_, i) => {
    const rank = ranks[i] ?? r;
    const alpha = alphas[i] ?? lora_alpha;
    return { rank, alpha: use_rslora === true ? alpha * Math.sqrt(rank) : alpha };
  });
}

/** Each path's value: of the first pattern that matches the path or its end. */
function byPattern(patterns: Readonly<Record<string, number>>, paths: readonly string[]): (number | undefined)[] {
  const entries = Object.entries(patterns);
  const expressions = entries.map(([pattern]) => String.raw`^(.*\.)?(${pattern})$`);
  return firstMatches(expressions, paths).map((place) => entries.at(place === -1 ? entries.length : place)?.[1]);
}
