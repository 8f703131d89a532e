import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../../base/errors';
import { exists } from '../../../base/files';
import { AdapterStack } from '../adapter';
import type { LinearModule } from '../../architectures/architecture';
import { architectureOf } from '../../architectures/table';
import type { ModelConfig } from '../../architectures/config';
import { readFloatTensors } from '../../weights/floats';
import { readSafetensorsHeader, type TensorEntry } from '../../weights/safetensors';
import { chosenModules, type PeftConfig, ranksAndAlphas, readPeftConfig } from './config';

export const configFile = 'adapter_config.json';
export const weightsFile = 'adapter_model.safetensors';

/** The two factors of a layer's update, where they lie in the file. */
type Factors = Partial<Record<'A' | 'B', TensorEntry & { readonly key: string }>>;

/**
 * Reads an adapter in PEFT's format. The tensors of the file decide what is adapted and with which rank; the configuration gives
 * the scales and has to agree. Throws UserError where it is missing, damaged, more than plain LoRA, or made for another model.
 */
export async function loadAdapter(folder: string, config: ModelConfig): Promise<AdapterStack> {
  const peft = await readPeftConfig(join(folder, configFile));
  const form = peft.mlx ? mlxForm : peftForm;
  const path = join(folder, form.file);
  if (!(await exists(path))) throw await missingWeights(folder);
  const header = await readSafetensorsHeader(path);
  const found = factorsByPath(path, header, form);
  const linears = architectureOf(config).linears(config);
  const base = rightBase(peft);
  refuseOtherModules(path, found, linears, base);
  const adapted = linears
    .filter((linear) => found.has(linear.path))
    .map((linear) => ({ linear, ...checkedFactors(path, linear, found.get(linear.path) ?? {}, base) }));
  const modules = adapted.map(({ linear }) => linear);
  refuseOtherChoice(path, chosenModules(peft, linears), modules, base);
  const shapes = ranksAndAlphas(peft, modules.map((linear) => linear.path)); // prettier-ignore
  adapted.forEach(({ linear, rank }, i) => refuseOtherRank(path, linear, rank, shapes[i].rank));
  const values = await readFloatTensors(path, header);
  const stack = new AdapterStack(config, modules.map((linear, i) => ({ ...linear, ...shapes[i] })), 1); // prettier-ignore
  for (const { linear, A, B } of adapted) {
    stack.share(`${linear.path}.lora_A`, 0).set(inForm(form, values.get(A.key)?.data, A.shape));
    stack.share(`${linear.path}.lora_B`, 0).set(inForm(form, values.get(B.key)?.data, B.shape));
  }
  return stack;
}

/** Files that an adapter's folder may hold and that are read. */
export const adapterFiles = [configFile, weightsFile, 'adapters.safetensors'];

/** Whether PEFT reads a folder that `loadAdapter` reads: its names are PEFT's, and its configuration is JSON. */
export async function isPlainPeft(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, configFile), 'utf8');
  const isStrict = await Promise.resolve(text).then(JSON.parse).then(() => true, () => false); // prettier-ignore
  const { mlx = false } = await readPeftConfig(join(folder, configFile));
  if (mlx || !isStrict) return false;
  const header = await readSafetensorsHeader(join(folder, weightsFile));
  return [...header.keys()].every((key) => key.replaceAll(wrappers, '') === key);
}

async function missingWeights(folder: string): Promise<UserError> {
  const old = 'adapter_model.bin';
  if (await exists(join(folder, old))) {
    return new UserError(
      `${join(folder, old)} can run code when it is read, so it is not.`,
      `Load it in PEFT and save it again: that writes ${weightsFile}.`,
    );
  }
  return new UserError(`${folder} has no ${weightsFile}.`, 'Use the folder of a LoRA adapter as PEFT saves it.');
}

// PEFT saves `base_model.model.<path>.lora_A.weight`; older versions and other trainers keep the adapter's name before `.weight`.
const factorKey = /^(?:base_model\.model\.)?(?<module>.+)\.lora_(?<factor>[AB])(?:\.(?<adapter>[^.]+))?\.weight$/;

/** How a trainer writes adapters. */
interface Form {
  readonly file: string;
  readonly key: RegExp;
  /** Whether it has A as [in, rank] and B as [rank, out]. */
  readonly transposed: boolean;
}
const peftForm: Form = { file: weightsFile, key: factorKey, transposed: false };
const mlxForm: Form = {
  file: 'adapters.safetensors',
  key: /^(?<module>.+)\.lora_(?<factor>[ab])$/,
  transposed: true,
};

/** What wraps a model while it trains (torch.compile, FSDP, DDP, checkpointed activations) stands in the names of its layers. */
const wrappers = /(?<=^|\.)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|module)\./g;

/** Values [rows, columns] of a factor, row by row. */
function inForm(
  { transposed }: Form,
  values: Float32Array = new Float32Array(0),
  [rows, columns]: readonly number[],
): Float32Array {
  if (!transposed) return values;
  return values.map((_, i) => values[(i % columns) * rows + Math.floor(i / columns)]);
}

/** The factors of every adapted layer. Throws UserError where the file holds anything else, or several adapters. */
function factorsByPath(path: string, header: ReadonlyMap<string, TensorEntry>, form: Form): Map<string, Factors> {
  const found = new Map<string, Factors>();
  const adapters = new Set<string | undefined>();
  for (const [key, entry] of header) {
    const { module, factor, adapter } = form.key.exec(key.replaceAll(wrappers, ''))?.groups ?? {};
    if (module === undefined) throw otherTensor(path, key);
    adapters.add(adapter);
    const factors = found.get(module) ?? {};
    const which = factor === 'A' || factor === 'a' ? 'A' : 'B';
    const shape = form.transposed ? entry.shape.toReversed() : entry.shape;
    if (factors[which] === undefined) found.set(module, { ...factors, [which]: { ...entry, shape, key } });
    else adapters.add(`${adapter} again`);
  }
  if (adapters.size > 1) throw new UserError(`${path} holds several adapters.`, 'Save each in a folder of its own.');
  if (found.size === 0)
    throw new UserError(`${path} holds no adapter.`, 'Save the adapter again where it was trained.');
  return found;
}

const merging = 'Merge it into its base model with PEFT (merge_and_unload) and use the merged folder as a base model.';

const otherTensors: readonly (readonly [RegExp, string])[] = [
  [/lora_magnitude_vector/, 'a magnitude vector of DoRA'],
  [/lora_embedding_[AB]/, 'an update of the embedding'],
  [/\.lora_B(\.[^.]+)?\.bias$/, 'a bias of its own'],
  [/(embed_tokens|lm_head|wte)(\.[^.]+)*\.weight$/, 'a whole embedding or head'],
];

function otherTensor(path: string, key: string): UserError {
  const what = otherTensors.find(([pattern]) => pattern.test(key))?.[1] ?? 'no factor of a LoRA update';
  return new UserError(`${path} holds ${key.slice(0, 200)}, ${what}: it would be left out.`, merging);
}

function refuseOtherModules(
  path: string,
  found: ReadonlyMap<string, Factors>,
  linears: readonly LinearModule[],
  base: string,
): void {
  const known = new Set(linears.map((linear) => linear.path));
  const other = [...found.keys()].filter((module) => !known.has(module));
  if (other.length === 0) return;
  const [first] = other;
  if (other.every((module) => /(^|\.)(lm_head|embed_tokens|wte|wpe)$/.test(module))) {
    throw new UserError(`${path} adapts ${first}; layers of the blocks are read.`, merging);
  }
  throw new UserError(`${path} adapts ${first.slice(0, 200)}, which this base model does not have.`, base);
}

function rightBase({ base_model_name_or_path: base }: PeftConfig): string {
  const named = base === undefined || base === null || base === '' ? '' : ` (${base.slice(0, 200)})`;
  return `Use it with the base model that it was trained on${named}, or train it again on this one.`;
}

/** The configuration has to choose what the file holds: whoever else reads it goes by the configuration. */
function refuseOtherChoice(
  path: string,
  chosen: readonly LinearModule[] | undefined,
  adapted: readonly LinearModule[],
  base: string,
): void {
  if (chosen === undefined) return;
  const next = `${base} If that is this one, save the adapter again: its folder is incomplete, or of two adapters.`;
  const missing = chosen.find((linear) => !adapted.includes(linear));
  if (missing !== undefined) {
    throw new UserError(`${path} has nothing for ${missing.path}, which ${configFile} names.`, next);
  }
  const unnamed = adapted.find((linear) => !chosen.includes(linear));
  if (unnamed !== undefined)
    throw new UserError(`${path} adapts ${unnamed.path}, which ${configFile} leaves out.`, next);
}

/** A [rank, in] and B [out, rank] of one layer. Throws UserError where one is missing or of another shape. */
function checkedFactors(
  path: string,
  module: LinearModule,
  { A, B }: Factors,
  base: string,
): Required<Factors> & { readonly rank: number } {
  const again = 'Save the adapter again where it was trained.';
  if (A === undefined || B === undefined) {
    throw new UserError(`${path} holds only one of the two factors of ${module.path}.`, again);
  }
  const [[rank, input], [out]] = [A.shape, B.shape];
  if (A.shape.length !== 2 || B.shape.length !== 2 || rank !== B.shape[1] || rank === 0) {
    throw new UserError(`${path} is damaged: the factors of ${module.path} do not fit together.`, again);
  }
  if (input === module.in && out === module.out) return { A, B, rank };
  const [given, here] = [`[${out}, ${input}]`, `[${module.out}, ${module.in}]`];
  throw new UserError(
    `${path} was made for another base model: it updates ${module.path} of ${given}, which is ${here} here.`,
    base,
  );
}

function refuseOtherRank(path: string, { path: module }: LinearModule, rank: number, said: number): void {
  if (rank === said) return;
  throw new UserError(
    `${path} has rank ${rank} for ${module}, where ${configFile} says ${said}.`,
    `Correct r or rank_pattern in ${configFile}, or save the adapter again.`,
  );
}
