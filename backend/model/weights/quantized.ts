/**
 * Models in 8 or 4 bits, for writing token by token: each made once into Polymath's cache, as a file beside which nothing else is
 * needed to compute.
 *
 *     quantized/<name>-<path's hash>-<content>-int8/model.safetensors
 *
 * holds `<weight>.codes` and `<weight>.scales` of every linear layer and of the head; the embedding table, norms and biases are as
 * the model has them.
 */
import { createHash } from 'node:crypto';
import { open, readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheFolder } from '../../base/cache-folder';
import { exists } from '../../base/files';
import type { Precision } from '../../base/precision';
import { Staging } from '../../base/staging';
import type { Graph, Value } from '../../tensor/graph';
import type { ModelInputs, QuantizedWeight } from '../architectures/architecture';
import { architectureOf } from '../architectures/table';
import type { ModelConfig } from '../architectures/config';
import { hashModel } from './fingerprint';
import { requireSpaceInCache } from '../../base/disk-space';
import { type LanguageModel, weightInput } from '../language-model';
import { toFloat32 } from './floats';
import type { ModelWeights, WeightEntry } from './match';
import { type Bits, blockLength, blocksOf, quantize } from './quantize';
import {
  readSafetensorsHeader,
  safetensorsBytes,
  type StreamedTensor,
  streamSafetensors,
  type TensorEntry,
} from './safetensors';

const file = 'model.safetensors';
const quantizedFolder = (): string => join(cacheFolder(), 'quantized');

/** The file of a model's rounded weights: its folder, and what lies where in it. */
export interface QuantizedModel {
  readonly bits: Bits;
  readonly folder: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
}

/**
 * The model in so many bits, rounded now where it has not been yet: seconds for a hundred million weights. Throws UserError where the
 * disk has no room.
 */
export async function quantizedModel(
  model: LanguageModel,
  precision: Exclude<Precision, 'full'>,
): Promise<QuantizedModel> {
  const bits = precision === 'int8' ? 8 : 4;
  const content = (await hashModel(model.folder)).slice(0, 12);
  const name = `${await placeOf(model.folder)}-${content}-${precision}`;
  const folder = join(quantizedFolder(), name);
  if (!(await exists(folder))) await make(model, bits, name);
  return { bits, folder, entries: await readSafetensorsHeader(join(folder, file)) };
}

/** The weights of a rounded model in a graph: those that were rounded, and the others. */
export function quantizedInputs(
  { bits, entries }: QuantizedModel,
  graph: Graph,
): Pick<ModelInputs, 'weight'> & { readonly quantized: (name: string) => QuantizedWeight | undefined } {
  const made = new Map<string, Value>();
  const read = (name: string): Value => {
    const entry = entries.get(name);
    if (entry === undefined) throw new Error(`the rounded model has no ${name}`);
    const value = made.get(name) ?? weightInput(graph, name, { ...entry, file });
    made.set(name, value);
    return value;
  };
  return {
    weight: read,
    quantized: (name) =>
      entries.has(`${name}.codes`) ? { codes: read(`${name}.codes`), scales: read(`${name}.scales`), bits } : undefined,
  };
}

/** What was made of the model in a folder. */
export async function quantizedCopies(folder: string): Promise<string[]> {
  if (!(await exists(folder))) return [];
  const prefix = `${await placeOf(folder)}-`;
  const names = await readdir(quantizedFolder()).catch(() => []);
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(quantizedFolder(), name));
}

async function placeOf(folder: string): Promise<string> {
  const real = await realpath(folder);
  return `${basename(real)}-${createHash('sha256').update(real).digest('hex').slice(0, 8)}`;
}

async function make({ config, weights }: LanguageModel, bits: Bits, name: string): Promise<void> {
  const tensors = tensorsOf(config, weights, bits);
  await requireSpaceInCache(quantizedFolder(), safetensorsBytes(tensors));
  const staging = await Staging.open(quantizedFolder());
  try {
    await streamSafetensors(join(staging.folder, file), tensors);
    await staging.publish(name, [file]);
  } finally {
    await staging.close();
  }
}

function tensorsOf(config: ModelConfig, { folder, entries }: ModelWeights, bits: Bits): StreamedTensor[] {
  const architecture = architectureOf(config);
  const head = architecture.headName(config);
  const linears = new Map(architecture.linears(config).map((module) => [`${module.path}.weight`, module.transposed]));
  return [...entries].flatMap(([name, entry]): StreamedTensor[] => {
    const source = { path: join(folder, entry.file), entry };
    const { shape, dtype } = entry;
    const kept: StreamedTensor = { name, shape, dtype, pieces: () => rowsOf(source) };
    if (name !== head && !linears.has(name)) return [kept];
    const rounded = roundedTensors(name, source, { bits, transposed: linears.get(name) ?? false });
    // What is looked up by tokens is looked up in full.
    return name === head && config.tiedHead ? [kept, ...rounded] : rounded;
  });
}

/** A tensor in a file. */
interface Source {
  readonly path: string;
  readonly entry: WeightEntry;
}

/** Codes and scales of a weight, [out, in] or, transposed, [in, out]; the scales are known when the codes are written. */
function roundedTensors(
  name: string,
  source: Source,
  { bits, transposed }: { readonly bits: Bits; readonly transposed: boolean },
): StreamedTensor[] {
  const { dtype, shape } = source.entry;
  const [out, width] = transposed ? [shape[1], shape[0]] : shape;
  const scales: Float32Array[] = [];
  async function* codes(): AsyncGenerator<Uint8Array> {
    for await (const piece of transposed ? columnsOf(source) : rowsOf(source)) {
      const values = transposed ? new Float32Array(piece.buffer) : toFloat32(dtype, piece);
      const rounded = quantize(values, width, bits);
      scales.push(rounded.scales);
      yield rounded.codes;
    }
  }
  const blocks = blocksOf(width);
  const bytesOfScales = (): Uint8Array[] => scales.map(({ buffer }) => new Uint8Array(buffer));
  return [
    { name: `${name}.codes`, shape: [out, blocks, (blockLength * bits) / 8], dtype: 'U8', pieces: codes },
    { name: `${name}.scales`, shape: [out, blocks], dtype: 'F32', pieces: bytesOfScales },
  ];
}

/** Bytes that are read at once. */
const pieceBytes = 2 ** 22;

/** The bytes of a tensor, whole rows at a time. */
async function* rowsOf({ path, entry: { shape, offset, length } }: Source): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const rowBytes = shape.length > 1 ? length / shape[0] : length;
  const most = Math.max(1, Math.floor(pieceBytes / rowBytes)) * rowBytes;
  const handle = await open(path, 'r');
  try {
    for (let done = 0; done < length; done += most) {
      const piece = new Uint8Array(Math.min(most, length - done));
      await handle.read(piece, 0, piece.length, offset + done);
      yield piece;
    }
  } finally {
    await handle.close();
  }
}

/** A matrix as float32, its columns as rows; in one piece, as only GPT-2's lie so. */
async function* columnsOf(source: Source): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { dtype, shape } = source.entry;
  const [rows, columns] = shape;
  const turned = new Float32Array(rows * columns);
  let at = 0;
  for await (const piece of rowsOf(source)) {
    for (const value of toFloat32(dtype, piece)) {
      turned[(at % columns) * rows + Math.floor(at / columns)] = value;
      at++;
    }
  }
  yield new Uint8Array(turned.buffer);
}
