/** A model of its own: the base model, with each weight as a rule combines what experts make of it. */
import { join } from 'node:path';
import { UserError } from '../../base/errors';
import { writeWhole } from '../../base/files';
import type { Watch } from '../../base/progress';
import type { BaseModel } from '../weights/base-model';
import { allFinite, type FloatType, floatNames } from '../weights/finite';
import { fromFloat32 } from '../weights/floats';
import { type StreamedTensor, streamSafetensors } from '../weights/safetensors';
import { type MergedExpert, type Place, WeightReader } from './deltas';
import { randomOf } from './random';
import { type Rule, summed } from './rule';

export interface MergeOptions {
  readonly dtype: FloatType;
  /** Bytes of a file of weights at most, but for a single tensor that is larger. */
  readonly shardBytes?: number;
  readonly watch: Pick<Watch, 'report' | 'signal'>;
  /** How experts are combined; their changes are added up by default. */
  readonly rule?: Rule | undefined;
  /** Whether the rule combines what experts change (the default), or whole weights. */
  readonly on?: 'deltas' | 'weights';
  /** Of all that the rule draws; 1 by default. */
  readonly seed?: number;
}

/** Where Hugging Face's tools have cut for years. */
const defaultShardBytes = 5e9;

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
  options: MergeOptions,
): Promise<void> {
  const { dtype, shardBytes = defaultShardBytes } = options;
  const shards = cut(base, dtype, shardBytes);
  const merged = mergedTensors(base, experts, options);
  for (const { file, names } of shards) {
    const tensors = names.map((name): StreamedTensor => {
      const shape = base.weights.entries.get(name)?.shape ?? [];
      return { name, shape, dtype, pieces: () => merged(name) };
    });
    await streamSafetensors(join(folder, file), tensors);
  }
  if (shards.length > 1) await writeIndex(folder, shards, mergedBytes(base, dtype));
}

/** The bytes of the merged model's tensors by their names, whole rows of each at a time; told as they are written. */
export function mergedTensors(
  base: BaseModel,
  experts: readonly MergedExpert[],
  options: MergeOptions,
): (name: string) => AsyncGenerator<Uint8Array> {
  const { dtype, watch } = options;
  const total = mergedBytes(base, dtype);
  let done = 0;
  const onBytes = (bytes: number): void => {
    done += bytes;
    watch.report({ stage: 'Writing the model', done: done / 1e6, total: total / 1e6, unit: 'MB' });
  };
  return (name) => mergedPieces({ base, experts, name, signal: watch.signal }, options, onBytes);
}

/** The bytes of a merged tensor, some rows at a time. */
async function* mergedPieces(
  place: Place,
  { dtype, rule = summed, on = 'deltas', seed = 1 }: MergeOptions,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const { name, experts } = place;
  const reader = await WeightReader.open(place);
  try {
    const operands = {
      weights: experts.map(({ weight }) => weight),
      length: reader.length,
      pieces: () => reader.pieces(on),
      random: (expert: number) => randomOf(seed, expert, name),
    };
    const combine = reader.isChanged ? await rule(operands) : undefined;
    for await (const { base, experts: piece } of reader.rows(on)) {
      if (combine !== undefined) {
        const result = new Float64Array(base.length);
        combine(piece, result);
        if (on === 'weights') base.set(result);
        else for (let i = 0; i < base.length; i++) base[i] += result[i];
      }
      const merged = fromFloat32(dtype, base);
      if (!allFinite(dtype, merged)) throw beyond(name, dtype);
      onBytes(merged.length);
      yield merged;
    }
  } finally {
    await reader.close();
  }
}

function beyond(name: string, dtype: FloatType): UserError {
  return new UserError(
    `The merged ${name} has values that ${floatNames[dtype]} cannot hold.`,
    dtype === 'F16' ? 'Write the model in bfloat16 or float32 (--dtype).' : 'Give the experts smaller weights.',
  );
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
