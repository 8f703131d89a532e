/** A model of its own from a base model and what adapters change of it: W + Σ weight · alpha/rank · B A. */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/errors';
import { readJson, writeWhole } from '../../base/files';
import type { Watch } from '../../base/progress';
import { type AdaptedModule, type AdapterStack, scaleOf } from './adapter';
import { type ModelConfig, readConfig } from '../architectures/config';
import { allFinite, type FloatType, notFinite } from '../weights/finite';
import { fromFloat32, toFloat32 } from '../weights/floats';
import { matchWeights, type ModelWeights, type WeightEntry } from '../weights/match';
import { type StreamedTensor, streamSafetensors } from '../weights/safetensors';
import { openWeights } from '../weights/weight-files';

/** A single adapter, and how much of its change is added. */
export interface MergedAdapter {
  readonly adapter: AdapterStack;
  readonly weight: number;
}

/** A base model as it lies on disk. */
export interface BaseModel {
  readonly config: ModelConfig;
  readonly weights: ModelWeights;
}

export interface MergeOptions {
  readonly dtype: FloatType;
  /** Bytes of a file of weights at most, but for a single tensor that is larger. */
  readonly shardBytes?: number;
  readonly watch: Pick<Watch, 'report' | 'signal'>;
}

/** Where Hugging Face's tools have cut for years. */
const defaultShardBytes = 5e9;
/** Numbers of a tensor that are in memory at once. */
const pieceLength = 2 ** 20;

const bytesOf: Readonly<Record<FloatType, number>> = { F32: 4, F16: 2, BF16: 2 };
const nameOf: Readonly<Record<FloatType, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** Finds the weights of a model folder. Throws UserError where one is missing or does not fit its configuration. */
export async function openBase(folder: string): Promise<BaseModel> {
  return matchWeights(await openWeights(folder), await readConfig(join(folder, 'config.json')), folder);
}

/** Bytes of the weights of a merged model. */
export function mergedBytes({ weights }: BaseModel, dtype: FloatType): number {
  return [...weights.entries.values()].reduce((sum, { shape }) => sum + lengthOf(shape) * bytesOf[dtype], 0);
}

const lengthOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/**
 * Writes the weights of the merged model into a folder, a piece of one tensor at a time: `model.safetensors`, or several files
 * with an index. Throws UserError where a weight leaves the range of the type.
 */
export async function writeMergedWeights(
  base: BaseModel,
  adapters: readonly MergedAdapter[],
  folder: string,
  { dtype, shardBytes = defaultShardBytes, watch }: MergeOptions,
): Promise<void> {
  const shards = cut(base, dtype, shardBytes);
  const updates = updatesByName(adapters);
  const total = mergedBytes(base, dtype);
  let done = 0;
  const onBytes = (bytes: number): void => {
    watch.signal.throwIfAborted();
    done += bytes;
    watch.report({ stage: 'Writing the model', done: done / 1e6, total: total / 1e6, unit: 'MB' });
  };
  const merging = { folder: base.weights.folder, dtype, updates, onBytes };
  for (const { file, names } of shards) {
    const tensors = names.map((name): StreamedTensor => {
      const entry = base.weights.entries.get(name);
      if (entry === undefined) throw new Error(`there is no weight ${name}`);
      return { name, shape: entry.shape, dtype, pieces: () => mergedPieces(name, entry, merging) };
    });
    await streamSafetensors(join(folder, file), tensors);
  }
  if (shards.length > 1) await writeIndex(folder, shards, total);
}

interface Shard {
  readonly file: string;
  readonly names: readonly string[];
}

/** Which tensors go into which file, in the order of the model. */
function cut({ weights }: BaseModel, dtype: FloatType, limit: number): Shard[] {
  const groups: string[][] = [];
  let size = Infinity;
  for (const [name, { shape }] of weights.entries) {
    const bytes = lengthOf(shape) * bytesOf[dtype];
    if (size + bytes > limit) {
      groups.push([]);
      size = 0;
    }
    groups[groups.length - 1].push(name);
    size += bytes;
  }
  if (groups.length === 1) return [{ file: 'model.safetensors', names: groups[0] }];
  const number = (n: number): string => String(n).padStart(5, '0');
  return groups.map((names, i) => {
    return { file: `model-${number(i + 1)}-of-${number(groups.length)}.safetensors`, names };
  });
}

async function writeIndex(folder: string, shards: readonly Shard[], total: number): Promise<void> {
  const places = shards.flatMap(({ file, names }) => names.map((name) => [name, file]));
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(places) as Record<string, string> };
  await writeWhole(join(folder, 'model.safetensors.index.json'), `${JSON.stringify(index, undefined, 2)}\n`);
}

/** left [rows, rank] · right [rank, width], in the layout of the weight, is added to it. */
interface Update {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly rank: number;
  readonly scale: number;
}

/** What is added to each weight, by its name. */
function updatesByName(adapters: readonly MergedAdapter[]): Map<string, Update[]> {
  const updates = new Map<string, Update[]>();
  for (const { adapter, weight } of adapters) {
    for (const module of adapter.modules) {
      const name = `${module.path}.weight`;
      updates.set(name, [...(updates.get(name) ?? []), updateOf(adapter, module, weight)]);
    }
  }
  return updates;
}

function updateOf(adapter: AdapterStack, module: AdaptedModule, weight: number): Update {
  const { path, rank, out, in: input, transposed } = module;
  const a = adapter.share(`${path}.lora_A`, 0);
  const b = adapter.share(`${path}.lora_B`, 0);
  const factors = transposed
    ? { left: transpose(a, rank, input), right: transpose(b, out, rank) }
    : { left: b, right: a };
  return { ...factors, rank, scale: weight * scaleOf(module) };
}

/** [rows, columns] as [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  return result;
}

interface Merging {
  readonly folder: string;
  readonly dtype: FloatType;
  readonly updates: ReadonlyMap<string, readonly Update[]>;
  readonly onBytes: (bytes: number) => void;
}

/** The bytes of a merged tensor, some rows at a time. */
async function* mergedPieces(
  name: string,
  { file, dtype: from, shape, offset }: WeightEntry,
  { folder, dtype, updates, onBytes }: Merging,
): AsyncGenerator<Uint8Array> {
  const path = join(folder, file);
  const width = shape.at(-1) ?? 1;
  const rows = lengthOf(shape) / width;
  const step = Math.max(1, Math.floor(pieceLength / width));
  const source = await open(path, 'r');
  try {
    for (let row = 0; row < rows; row += step) {
      const bytes = new Uint8Array(Math.min(step, rows - row) * width * bytesOf[from]);
      await source.read(bytes, 0, bytes.length, offset + row * width * bytesOf[from]);
      if (!allFinite(from, bytes)) throw notFinite(path, name);
      const values = toFloat32(from, bytes);
      addUpdates(values, row, width, updates.get(name) ?? []);
      const merged = fromFloat32(dtype, values);
      if (!allFinite(dtype, merged)) throw beyond(name, dtype);
      onBytes(merged.length);
      yield merged;
    }
  } finally {
    await source.close();
  }
}

/** Adds the updates to rows of a weight from `first` on, [n, width]; each sum is rounded once. */
function addUpdates(values: Float32Array, first: number, width: number, updates: readonly Update[]): void {
  if (updates.length === 0) return;
  const sums = new Float64Array(width);
  for (let row = 0; row * width < values.length; row++) {
    const own = values.subarray(row * width, (row + 1) * width);
    sums.set(own);
    for (const { left, right, rank, scale } of updates) {
      for (let r = 0; r < rank; r++) {
        const factor = scale * left[(first + row) * rank + r];
        const from = r * width;
        for (let i = 0; i < width; i++) sums[i] += factor * right[from + i];
      }
    }
    own.set(sums);
  }
}

function beyond(name: string, dtype: FloatType): UserError {
  return new UserError(
    `The merged ${name} has values that ${nameOf[dtype]} cannot hold.`,
    dtype === 'F16' ? 'Write the model in bfloat16 or float32 (--dtype).' : 'Give the experts smaller weights.',
  );
}

/** Files beside the weights that decide what a model reads and how it writes; the licence goes with it. */
const companions =
  /^(generation_config\.json|tokenizer.*\.(json|model)|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt|chat_template\.(jinja|json)|(LICEN[CS]E|NOTICE).*)$/i;

/** Writes the configuration of the merged model, and copies its tokenizer and what belongs to that. */
export async function writeCompanions(
  { config }: Pick<BaseModel, 'config'>,
  modelFolder: string,
  folder: string,
  dtype: FloatType,
): Promise<void> {
  const given = (await readJson(join(modelFolder, 'config.json'), "The model's configuration")) as object;
  // Newer versions of transformers write `dtype`, and all read the other.
  const types = { torch_dtype: nameOf[dtype], ...('dtype' in given ? { dtype: nameOf[dtype] } : {}) };
  const written = { ...given, tie_word_embeddings: config.tiedHead, ...types };
  await writeWhole(join(folder, 'config.json'), `${JSON.stringify(written, undefined, 2)}\n`);
  for (const name of await readdir(modelFolder)) {
    if (companions.test(name)) await writeWhole(join(folder, name), await readFile(join(modelFolder, name)));
  }
}
