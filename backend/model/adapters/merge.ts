/**
 * A model of its own from a base model and what experts change of it: W + Σ weight · alpha/rank · B A of adapters, and
 * + Σ weight · (Wₑ − W) of experts with weights of their own.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/errors';
import { writeWhole } from '../../base/files';
import type { Watch } from '../../base/progress';
import { AdapterStack, scaleOf } from './adapter';
import type { AdaptedModule } from '../experts/stack';
import type { BaseModel } from '../weights/base-model';
import { allFinite, type FloatType, floatNames, notFinite } from '../weights/finite';
import { fromFloat32, toFloat32 } from '../weights/floats';
import type { ModelWeights, WeightEntry } from '../weights/match';
import { type StreamedTensor, streamSafetensors } from '../weights/safetensors';

/** An expert, and how much of what it changes is added: a single adapter, or a model of the base's shape on disk. */
export interface MergedExpert {
  readonly expert: AdapterStack | BaseModel;
  readonly weight: number;
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
  experts: readonly MergedExpert[],
  folder: string,
  { dtype, shardBytes = defaultShardBytes, watch }: MergeOptions,
): Promise<void> {
  const shards = cut(base, dtype, shardBytes);
  const updates = updatesByName(experts);
  const others = experts.flatMap(({ expert, weight }): OtherWeights[] =>
    expert instanceof AdapterStack ? [] : [{ weights: expert.weights, weight }],
  );
  const total = mergedBytes(base, dtype);
  let done = 0;
  const onBytes = (bytes: number): void => {
    watch.signal.throwIfAborted();
    done += bytes;
    watch.report({ stage: 'Writing the model', done: done / 1e6, total: total / 1e6, unit: 'MB' });
  };
  const merging = { folder: base.weights.folder, dtype, updates, others, onBytes };
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
function updatesByName(experts: readonly MergedExpert[]): Map<string, Update[]> {
  const updates = new Map<string, Update[]>();
  for (const { expert, weight } of experts) {
    if (!(expert instanceof AdapterStack)) continue;
    for (const module of expert.modules) {
      const name = `${module.path}.weight`;
      updates.set(name, [...(updates.get(name) ?? []), updateOf(expert, module, weight)]);
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

/** The weights of another model of the same shape, and how much of their difference from the base's is added. */
interface OtherWeights {
  readonly weights: ModelWeights;
  readonly weight: number;
}

interface Merging {
  readonly folder: string;
  readonly dtype: FloatType;
  readonly updates: ReadonlyMap<string, readonly Update[]>;
  readonly others: readonly OtherWeights[];
  readonly onBytes: (bytes: number) => void;
}

/** The bytes of a merged tensor, some rows at a time. */
async function* mergedPieces(
  name: string,
  entry: WeightEntry,
  { folder, dtype, updates, others, onBytes }: Merging,
): AsyncGenerator<Uint8Array> {
  const width = entry.shape.at(-1) ?? 1;
  const rows = lengthOf(entry.shape) / width;
  const step = Math.max(1, Math.floor(pieceLength / width));
  const source = await TensorRows.open(name, folder, entry);
  const own: { readonly rows: TensorRows; readonly weight: number }[] = [];
  try {
    for (const { weights, weight } of others) {
      const there = weights.entries.get(name);
      if (there === undefined) throw new Error(`there is no weight ${name}`);
      own.push({ rows: await TensorRows.open(name, weights.folder, there), weight });
    }
    for (let row = 0; row < rows; row += step) {
      const place = { first: row, count: Math.min(step, rows - row), width };
      const values = await source.read(place);
      const added: Added[] = [];
      for (const { rows: from, weight } of own) added.push({ values: await from.read(place), weight });
      addChanges(values, place, updates.get(name) ?? [], added);
      const merged = fromFloat32(dtype, values);
      if (!allFinite(dtype, merged)) throw beyond(name, dtype);
      onBytes(merged.length);
      yield merged;
    }
  } finally {
    for (const opened of [source, ...own.map(({ rows: from }) => from)]) await opened.close();
  }
}

/** Some rows of a matrix. */
interface RowRange {
  readonly first: number;
  readonly count: number;
  readonly width: number;
}

/** A tensor of a file, read some rows at a time. */
class TensorRows {
  private constructor(
    private readonly name: string,
    private readonly path: string,
    private readonly entry: WeightEntry,
    private readonly file: FileHandle,
  ) {}

  static async open(name: string, folder: string, entry: WeightEntry): Promise<TensorRows> {
    const path = join(folder, entry.file);
    return new TensorRows(name, path, entry, await open(path, 'r'));
  }

  /** Throws UserError for values that are no numbers. */
  async read({ first, count, width }: RowRange): Promise<Float32Array> {
    const { dtype, offset } = this.entry;
    const bytes = new Uint8Array(count * width * bytesOf[dtype]);
    await this.file.read(bytes, 0, bytes.length, offset + first * width * bytesOf[dtype]);
    if (!allFinite(dtype, bytes)) throw notFinite(this.path, this.name);
    return toFloat32(dtype, bytes);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** The same rows of another model. */
interface Added {
  readonly values: Float32Array;
  readonly weight: number;
}

/** Adds to rows of a weight what experts change of it; each sum is rounded once. */
function addChanges(
  values: Float32Array,
  { first, width }: RowRange,
  updates: readonly Update[],
  added: readonly Added[],
): void {
  if (updates.length === 0 && added.length === 0) return;
  // As W + Σ weight · (Wₑ − W), in a form in which one expert with weight 1 is exactly itself.
  const left = 1 - added.reduce((sum, { weight }) => sum + weight, 0);
  const sums = new Float64Array(width);
  for (let from = 0, row = first; from < values.length; from += width, row++) {
    const own = values.subarray(from, from + width);
    for (let i = 0; i < width; i++) sums[i] = left * own[i];
    for (const { values: other, weight } of added) {
      for (let i = 0; i < width; i++) sums[i] += weight * other[from + i];
    }
    for (const update of updates) addUpdate(sums, update, row);
    own.set(sums);
  }
}

function addUpdate(sums: Float64Array, { left, right, rank, scale }: Update, row: number): void {
  for (let r = 0; r < rank; r++) {
    const factor = scale * left[row * rank + r];
    const from = r * sums.length;
    for (let i = 0; i < sums.length; i++) sums[i] += factor * right[from + i];
  }
}

function beyond(name: string, dtype: FloatType): UserError {
  return new UserError(
    `The merged ${name} has values that ${floatNames[dtype]} cannot hold.`,
    dtype === 'F16' ? 'Write the model in bfloat16 or float32 (--dtype).' : 'Give the experts smaller weights.',
  );
}
