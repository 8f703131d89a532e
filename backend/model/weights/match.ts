/** Which tensor of the files is which parameter of the model. */
import { UserError } from '../../base/errors';
import { architectureOf } from '../architectures/table';
import type { ModelConfig } from '../architectures/config';
import { type FileEntry, firstBytes, type WeightFiles } from './weight-files';
import type { FloatType } from './finite';

/** Where a parameter lies, and in what it is kept. */
export interface WeightEntry extends FileEntry {
  readonly dtype: FloatType;
}

/** The parameters of a model by their full names, in files of a folder. */
export interface ModelWeights {
  readonly folder: string;
  readonly entries: ReadonlyMap<string, WeightEntry>;
}

/**
 * Finds every parameter of the model, with or without the family's prefix in the files. Throws UserError where one is missing, has
 * another shape or a dtype that is not read, and where the layers have weights that the model would not compute with. The
 * configuration is as given, but for a head that is not the embedding table after all.
 */
export async function matchWeights(
  files: WeightFiles,
  given: ModelConfig,
  modelFolder: string,
): Promise<{ config: ModelConfig; weights: ModelWeights }> {
  const config = await withOwnHead(files, given);
  const misfit = (what: string): UserError =>
    new UserError(`The weights in ${modelFolder} do not fit its config.json: ${what}.`, 'Fetch the model again.');
  const weights = new Map<string, WeightEntry>();
  const used = new Set<FileEntry>();
  for (const [name, shape] of architectureOf(config).parameters(config)) {
    const entry = find(files, name);
    if (entry === undefined) throw misfit(`${name} is missing`);
    if (entry.shape.join() !== shape.join())
      throw misfit(`${name} is [${entry.shape.join(', ')}], not [${shape.join(', ')}]`);
    const { dtype } = entry;
    if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
      throw new UserError(
        `The weights in ${modelFolder} are ${dtype} (${name}).`,
        'Use a model in float32, float16 or bfloat16.',
      );
    }
    weights.set(name, { ...entry, dtype });
    used.add(entry);
  }
  const unknown = [...files.entries].filter(
    ([name, entry]) => !used.has(entry) && inLayers.test(name) && !buffer.test(name),
  );
  if (unknown.length > 0) {
    throw misfit(
      `it leaves no place for ${unknown[0][0]}${unknown.length > 1 ? ` and ${unknown.length - 1} others` : ''}`,
    );
  }
  return { config, weights: { folder: files.folder, entries: weights } };
}

const inLayers = /(^|\.)(layers|h)\.\d+\./;
/** Constants that older versions of transformers saved beside the weights: causal masks and rotary frequencies. */
const buffer = /\.(attn\.(bias|masked_bias)|rotary_emb\.\w+)$/;
const prefix = /^(model|transformer)\./;

function find({ entries }: WeightFiles, name: string): FileEntry | undefined {
  return entries.get(name) ?? entries.get(name.replace(prefix, ''));
}

// A trained head differs from a trained embedding table from the first number on.
const comparedBytes = 2 ** 20;

/** A head beside an embedding table that it is said to be: as transformers 5 does, it counts where it differs. */
async function withOwnHead(files: WeightFiles, config: ModelConfig): Promise<ModelConfig> {
  const head = files.entries.get('lm_head.weight');
  const table = find(files, architectureOf(config).headName(config));
  if (!config.tiedHead || head === undefined || table === undefined) return config;
  const [a, b] = [await firstBytes(files, head, comparedBytes), await firstBytes(files, table, comparedBytes)];
  return a.equals(b) ? config : { ...config, tiedHead: false };
}
