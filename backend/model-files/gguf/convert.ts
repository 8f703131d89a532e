/** A model in a GGUF file as a Hugging Face folder, made once and kept. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeWhole } from '../../base/files';
import type { Watch } from '../../base/progress';
import { Staging } from '../../base/staging';
import { requireSpaceInCache } from '../../base/disk-space';
import { safetensorsBytes, type StreamedTensor, streamSafetensors } from '../../model/weights/safetensors';
import { huggingFaceConfig, ropeTheta } from './config';
import { type GgufArchitecture, findTensors, plan, readArchitecture, readSizes } from './families';
import { type Gguf, type GgufTensor, readGguf } from './header';
import { llama3Scaling, namedScaling, type GgufRopeScaling } from './rope-scaling';
import { pieces, readTensorValues, storedType } from './tensors';
import { tokenizerFilesOf } from './tokenizer';

/** Counts up when the same file would give another folder than before. 2: what a file leaves out is as llama.cpp has it. */
export const conversionVersion = 2;

const fileNames = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'] as const;

/** The factors that llama.cpp divides rotary frequencies by; the folder says the same in its config.json. */
const ropeFactors = 'rope_freqs.weight';
const headTensor = 'output.weight';

/**
 * The folder in `cache` that holds this file's model (`config.json`, `tokenizer.json`, `tokenizer_config.json`,
 * `model.safetensors`), named after the file and its content. It is made where it is not there yet: quantised weights become
 * float32, float16 and bfloat16 stay. Takes memory for the header and some MiB. Throws UserError where the file is damaged,
 * hostile, or of a kind that is not read here, and where the disk is full; the reason of `watch.signal` when that is aborted.
 * Nothing is left behind then.
 */
export async function convertGguf(
  path: string,
  cache: string,
  watch: Pick<Watch, 'report' | 'signal'>,
): Promise<string> {
  // A file that cannot be read is refused before its content is hashed, which takes its time.
  const gguf = await readGguf(path);
  const architecture = readArchitecture(gguf);
  const id = await contentId(gguf, watch);
  const staging = await Staging.open(cache);
  try {
    const before = (await readdir(cache)).find((name) => name.endsWith(`-${id}`));
    if (before !== undefined) return join(cache, before);
    await withFiles(gguf, (file) => write({ gguf, architecture, file, watch }, staging.folder));
    const name = `${basename(path).replace(/(-\d{5}-of-\d{5})?\.gguf$/i, '')}-${id}`;
    await staging.publish(name, fileNames);
    return join(cache, name);
  } finally {
    await staging.close();
  }
}

interface Conversion {
  readonly gguf: Gguf;
  readonly architecture: GgufArchitecture;
  /** The open file that holds a tensor. */
  readonly file: (tensor: GgufTensor) => FileHandle;
  readonly watch: Pick<Watch, 'report' | 'signal'>;
}

/** Hexadecimal digits of the SHA-256 of the content of all parts. */
async function contentId({ files }: Gguf, watch: Pick<Watch, 'report' | 'signal'>): Promise<string> {
  const total = (await Promise.all(files.map((path) => stat(path)))).reduce((sum, { size }) => sum + size, 0);
  const progress = throttled(watch, 'Reading the model', total);
  const hash = createHash('sha256').update(`${conversionVersion}\n`);
  for (const path of files) {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      watch.signal.throwIfAborted();
      hash.update(chunk as Buffer);
      progress((chunk as Buffer).length);
    }
  }
  return hash.digest('hex').slice(0, 12);
}

/** Counts bytes, and tells how many were done ten times a second at most, and at the end. */
function throttled({ report }: Pick<Watch, 'report'>, stage: string, total: number): (bytes: number) => void {
  let done = 0;
  let last = -Infinity;
  return (bytes) => {
    done += bytes;
    if (done < total && performance.now() - last < 100) return;
    last = performance.now();
    report({ stage, done, total, unit: 'bytes' });
  };
}

async function withFiles<T>({ files }: Gguf, use: (file: Conversion['file']) => Promise<T>): Promise<T> {
  const handles = new Map<string, FileHandle>();
  try {
    for (const path of files) handles.set(path, await open(path, 'r'));
    return await use(({ file }) => {
      const handle = handles.get(file);
      if (handle === undefined) throw new Error(`${file} is not open`);
      return handle;
    });
  } finally {
    for (const handle of handles.values()) await handle.close();
  }
}

async function write(conversion: Conversion, folder: string): Promise<void> {
  const { gguf, architecture } = conversion;
  const sizes = readSizes(gguf, architecture);
  const scaling = await readScaling(conversion);
  const untied = await hasOwnHead(conversion);
  const found = findTensors(gguf, plan(architecture, sizes, untied), [ropeFactors, headTensor]);
  const { definition, settings } = tokenizerFilesOf(gguf, sizes.vocabulary);
  const save = (name: (typeof fileNames)[number], content: object): Promise<void> =>
    writeWhole(join(folder, name), `${JSON.stringify(content, undefined, name === 'tokenizer.json' ? 0 : 2)}\n`);
  await save('config.json', huggingFaceConfig(gguf, { architecture, sizes, untied, scaling }));
  await save('tokenizer.json', definition);
  await save('tokenizer_config.json', settings);
  const tensors = streamed(conversion, found);
  await requireSpaceInCache(folder, safetensorsBytes(tensors));
  await streamSafetensors(join(folder, 'model.safetensors'), tensors);
}

async function readScaling({ gguf, architecture, file }: Conversion): Promise<GgufRopeScaling | undefined> {
  const { files, metadata, tensors } = gguf;
  const named = namedScaling(files[0], metadata, architecture);
  const factors = tensors.get(ropeFactors);
  // One for each pair of a head's values; a longer vector is none.
  if (factors === undefined || factors.length > 2 ** 16) return named;
  return llama3Scaling(files[0], await readTensorValues(file(factors), factors), ropeTheta(metadata, architecture));
}

/** Whether the head is something else than the embedding table; some files have the table a second time as the head. */
async function hasOwnHead({ gguf: { tensors }, file }: Conversion): Promise<boolean> {
  const [head, table] = [tensors.get(headTensor), tensors.get('token_embd.weight')];
  if (head === undefined) return false;
  if (table?.type !== head.type || table.length !== head.length) return true;
  const piece = 2 ** 20;
  const [a, b] = [Buffer.alloc(piece), Buffer.alloc(piece)];
  for (let done = 0; done < head.length; done += piece) {
    const count = Math.min(piece, head.length - done);
    await file(head).read(a, 0, count, head.offset + done);
    await file(table).read(b, 0, count, table.offset + done);
    if (!a.equals(b)) return true;
  }
  return false;
}

function streamed({ file, watch }: Conversion, found: ReturnType<typeof findTensors>): StreamedTensor[] {
  const total = found.reduce((sum, { tensor }) => sum + tensor.length, 0);
  const progress = throttled(watch, 'Converting the model', total);
  return found.map(({ source, name, shape, layout, tensor }): StreamedTensor => {
    async function* watched(): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces({ file: file(tensor), name: source, tensor }, layout)) {
        watch.signal.throwIfAborted();
        yield piece;
      }
      progress(tensor.length);
    }
    const stored = layout.kind === 'transposed' ? shape.toReversed() : shape;
    return { name, shape: stored, dtype: storedType(tensor), pieces: watched };
  });
}
