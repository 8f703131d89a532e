/** Model folders of random weights: real files, so that the product's own way of reading them is measured. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { architectureOf } from '../backend/model/architectures/table';
import { type ModelConfig, toHuggingFace } from '../backend/model/architectures/config';
import { writeSafetensors } from '../backend/model/weights/safetensors';
import { exists, writeWhole } from '../backend/base/files';
import { createRandom } from '../backend/base/random';
import { recipe } from '../pretrain/recipe';

/** Dimensions of HuggingFaceTB/SmolLM2-135M. */
const smolLm2: ModelConfig = {
  architecture: 'llama',
  vocabularySize: 49_152,
  hiddenSize: 576,
  layers: 30,
  heads: 9,
  keyValueHeads: 3,
  headSize: 64,
  feedForwardSize: 1536,
  activation: 'silu',
  normEpsilon: 1e-5,
  rope: { theta: 100_000 },
  maxPositions: 2048,
  tiedHead: true,
  beginToken: 0,
  endTokens: [0],
};

export interface BenchModel {
  readonly name: string;
  readonly config: ModelConfig;
  /** As the weights lie on disk: float32 as converted ones do, float16 as the bundled ones do. */
  readonly dtype: 'F32' | 'F16';
}

export const models = {
  smolLm2: { name: 'SmolLM2-135M', config: smolLm2, dtype: 'F32' },
  bundled: { name: 'bundled model', config: recipe.config, dtype: 'F16' },
} as const satisfies Record<string, BenchModel>;

/** Writes the folder of a model below `cache` unless it is there already; returns its path. */
export async function modelFolder(cache: string, { name, config, dtype }: BenchModel): Promise<string> {
  const folder = join(cache, `${name.replaceAll(' ', '-')}-${config.layers}x${config.hiddenSize}`);
  if (await exists(join(folder, 'tokenizer.json'))) return folder;
  await mkdir(folder, { recursive: true });
  const random = createRandom(1);
  const tensors = [...architectureOf(config).parameters(config)].map(([tensor, shape]) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const scale = Math.sqrt(3 / shape[shape.length - 1]);
    for (let i = 0; i < data.length; i++) data[i] = shape.length === 1 ? 1 : scale * (2 * random.uniform() - 1);
    return { name: tensor, shape, data, dtype };
  });
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  await writeWhole(join(folder, 'config.json'), JSON.stringify(toHuggingFace(config)));
  // Nothing is tokenized here; any valid tokenizer will do. Written last: it marks the folder as whole.
  const unused = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] };
  const tokenizer = { ...unused, model: { type: 'BPE', vocab: { a: 0 }, merges: [] } };
  await writeWhole(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  return folder;
}
