/**
 * Sentence encoders: models that make one vector of a whole text, as ONNX files beside a tokenizer. The library that runs them is loaded
 * when the first one is opened, and never asks the network for anything.
 */
import { join } from 'node:path';
import type { FeatureExtractionPipeline } from '@huggingface/transformers';
import { UserError } from '../base/errors';
import { usualEncoder } from '../base/defaults';
import { exists, readJson } from '../base/files';
import type { Watch } from '../base/progress';
import { encoderWeights, poolingFile } from './weights/encoder-files';

/** What to do about a folder that holds none. */
const next = `Name the folder or the repository of one with its ONNX file, such as ${usualEncoder}.`;

const batch = 16;
// What stands far behind changes the mean of a text's tokens by little, and a page of it would take seconds.
const longest = 4_000;

export class SentenceEncoder {
  private constructor(
    private readonly pipeline: FeatureExtractionPipeline,
    private readonly pooling: 'mean' | 'cls',
  ) {}

  /** Opens the encoder in a folder. Throws UserError where there is none, or it cannot be read. */
  static async open(folder: string): Promise<SentenceEncoder> {
    const dtype = await dtypeOf(folder);
    const pooling = await poolingOf(folder);
    const { env, pipeline } = await import('@huggingface/transformers');
    env.allowRemoteModels = false;
    env.localModelPath = '';
    // The library keeps what it fetches, and here it fetches nothing.
    env.useFSCache = false;
    try {
      const options = { dtype, local_files_only: true, device: 'cpu' } as const;
      return new SentenceEncoder(await pipeline('feature-extraction', folder, options), pooling);
    } catch (error) {
      throw new UserError(
        `${folder} holds no sentence encoder that can be opened: ${error instanceof Error ? error.message : String(error)}`,
        next,
      );
    }
  }

  /**
   * One vector of length 1 per text, of a text without a token zero: [N, D] with D = `width`. Of each text the beginning is read: what the
   * model can take, and no more than a few thousand characters. Calls `onBatch` with how many texts are done.
   */
  async encode(
    texts: readonly string[],
    onBatch: (done: number) => void | Promise<void> = () => undefined,
    { signal }: Partial<Pick<Watch, 'signal'>> = {},
  ): Promise<{ readonly width: number; readonly values: Float32Array }> {
    // Texts of like length go together: a batch is as long as its longest.
    const order = Array.from(texts.keys()).sort((a, b) => texts[a].length - texts[b].length);
    let [width, values] = [0, new Float32Array(0)];
    for (let from = 0; from < order.length; from += batch) {
      signal?.throwIfAborted();
      const rows = order.slice(from, from + batch);
      const read = rows.map((row) => texts[row].slice(0, longest));
      const vectors = await this.pipeline(read, { pooling: this.pooling, normalize: true });
      if (width === 0) {
        width = vectors.dims[1];
        values = new Float32Array(texts.length * width);
      }
      // A text without a token has no mean.
      const data = Float32Array.from(vectors.data as ArrayLike<number>, (x) => (Number.isNaN(x) ? 0 : x));
      rows.forEach((row, i) => values.set(data.subarray(i * width, (i + 1) * width), row * width));
      await onBatch(Math.min(order.length, from + batch));
    }
    return { width, values };
  }

  /** How many tokens are read of these texts. */
  tokensOf(texts: readonly string[]): number {
    const { tokenizer } = this.pipeline;
    const most = Number(tokenizer.model_max_length);
    const counts = texts.map((text) => tokenizer.encode(text.slice(0, longest)).length);
    return counts.reduce((sum, count) => sum + Math.min(count, most), 0);
  }

  async dispose(): Promise<void> {
    await this.pipeline.dispose();
  }
}

async function dtypeOf(folder: string): Promise<(typeof encoderWeights)[number]['dtype']> {
  for (const { path, dtype } of encoderWeights) if (await exists(join(folder, path))) return dtype;
  throw new UserError(`${folder} has no ${encoderWeights[0].path}: it is no sentence encoder.`, next);
}

/** How a text's token vectors become one, as the encoder was trained: their mean, or the vector of its first token. */
async function poolingOf(folder: string): Promise<'mean' | 'cls'> {
  const path = join(folder, poolingFile);
  if (!(await exists(path))) return 'mean';
  const config = await readJson(path, 'The pooling of the encoder');
  return (config as { pooling_mode_cls_token?: unknown }).pooling_mode_cls_token === true ? 'cls' : 'mean';
}
