/** A model as a GGUF file, which llama.cpp and what is built on it load. */
import type { BaseModel } from '../../../model/weights/base-model';
import { type GgufArchitecture, plan, type PlannedTensor } from '../families';
import type { WrittenType } from '../quantize';
import { ggmlTypeNamed } from '../types';
import { configMetadata, requireArchitecture, ropeFactors, sizesOf } from './config';
import { type Entry, type Metadata, tensorBytes, type TensorToWrite, writeGguf } from './file';
import { blocksOf, type Rows } from './tensors';
import { tokenizerMetadata } from './tokenizer';

/** Numbers of the types in `general.file_type`. */
const fileTypes: Readonly<Record<WrittenType, number>> = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7, BF16: 32 };

export interface GgufModel {
  /** The model as it lies on disk; its tokenizer is in the folder. */
  readonly base: BaseModel;
  readonly folder: string;
  readonly name: string;
  /** Of matrices; vectors are float32. */
  readonly type: WrittenType;
  /** Float32 values of the model's tensors by their Hugging Face names, whole rows at a time. */
  readonly rows: (name: string) => Rows;
  /** What else the file says, by its keys. */
  readonly origin: Readonly<Record<string, string>>;
}

/** Writes the file whole. Throws UserError for a model that llama.cpp does not compute as it is, or whose tokenizer it does not know. */
export async function writeGgufModel(path: string, model: GgufModel): Promise<void> {
  const { base, folder, name, type, origin } = model;
  const { config } = base;
  const architecture = requireArchitecture(config);
  const text = (value: string): Entry => ({ type: 'string', value });
  const metadata: Metadata = new Map<string, Entry>([
    ['general.architecture', text(architecture)],
    ['general.type', text('model')],
    ['general.name', text(name)],
    ['general.file_type', { type: 'uint32', value: fileTypes[type] }],
    ['general.quantization_version', { type: 'uint32', value: 2 }],
    ...Object.entries(origin).map(([key, value]): [string, Entry] => [key, text(value)]),
    ...configMetadata(architecture, config),
    ...(await tokenizerMetadata(folder, config)),
  ]);
  await writeGguf(path, metadata, tensorsOf(architecture, model));
}

/** Bytes of the file's tensors. Throws UserError as `writeGgufModel` does. */
export function ggufBytes(base: BaseModel, type: WrittenType): number {
  const planned = plan(requireArchitecture(base.config), sizesOf(base.config), !base.config.tiedHead);
  return planned.reduce((sum, one) => sum + tensorBytes({ shape: one.shape, type: typeOf(one, type) }), 0);
}

function tensorsOf(architecture: GgufArchitecture, { base: { config }, type, rows }: GgufModel): TensorToWrite[] {
  const planned = plan(architecture, sizesOf(config), !config.tiedHead);
  const tensors = planned.map((one): TensorToWrite => {
    const { source, name, shape, layout } = one;
    const own = typeOf(one, type);
    return { name: source, shape, type: own, pieces: () => blocksOf(rows(name), shape, layout, own) };
  });
  const factors = ropeFactors(config);
  if (factors === undefined) return tensors;
  const shape = [factors.length];
  const pieces = (): AsyncGenerator<Uint8Array> => blocksOf(once(factors), shape, { kind: 'same' }, 'F32');
  return [{ name: 'rope_freqs.weight', shape, type: 'F32', pieces }, ...tensors];
}

/** Vectors and learned positions are float32, embeddings and head in 8 bits at least, and rows that are no whole blocks are halves. */
function typeOf({ source, shape }: PlannedTensor, type: WrittenType): WrittenType {
  if (shape.length === 1 || source === 'position_embd.weight') return 'F32';
  const isHead = source === 'token_embd.weight' || source === 'output.weight';
  const wanted = isHead && type === 'Q4_0' ? 'Q8_0' : type;
  return shape[1] % ggmlTypeNamed(wanted).values === 0 ? wanted : 'F16';
}

async function* once(values: Float32Array): Rows {
  yield await Promise.resolve(values);
}
