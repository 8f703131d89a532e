/** Which files of a repository a model needs. */
import { usualEncoder } from '../../base/defaults';
import { UserError } from '../../base/errors';
import { formatBytes } from '../../base/bytes';
import { encoderWeights, poolingFile } from '../../model/weights/encoder-files';
import type { RepositoryListing, RemoteFile } from './listing';

// Configuration, tokenizer in all its spellings, and the card for its licence. Only from the repository's own folder:
// `onnx/` and `original/` hold the same model for others.
const small =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template)\.json$|^merges\.txt$|^tokenizer\.model$|^chat_template\.jinja$|^README\.md$/;

const wholeWeights = 'model.safetensors';
const weightsIndex = 'model.safetensors.index.json';
const shard = /^model-\d{5}-of-\d{5}\.safetensors$/;

const encoderTasks = new Set(['sentence-similarity', 'feature-extraction']);

/** llama.cpp and Ollama take this one where none is named. */
const usualQuantisation = 'Q4_K_M';

/**
 * The files of a model in safetensors, small ones first; or the GGUF file that `gguf` names. A repository that has only GGUF
 * files gives its Q4_K_M, or its only one. Throws UserError where nothing of the repository can be used.
 */
export function chooseFiles({ id, files, task = '' }: RepositoryListing, gguf?: string): RemoteFile[] {
  if (gguf !== undefined) return chooseGguf(id, files, gguf);
  if (encoderTasks.has(task)) return chooseEncoder(id, files);
  const weights = chooseWeights(files);
  if (weights.length === 0) {
    if (files.some(({ path }) => isGguf(path))) return chooseGguf(id, files);
    throw refuseWeights(id, files);
  }
  const chosen = files.filter(({ path }) => small.test(path));
  const has = (name: string): boolean => chosen.some(({ path }) => path === name);
  if (!has('config.json')) {
    throw new UserError(`${id} has no config.json: nothing tells what its weights are.`, 'Choose another repository.');
  }
  if (!has('tokenizer.json') && !(has('vocab.json') && has('merges.txt')) && !has('tokenizer.model')) {
    throw new UserError(
      `${id} has no tokenizer.json.`,
      'Choose a repository that has one: most models have been published with it, or as GGUF.',
    );
  }
  return [...chosen, ...weights];
}

/** The ONNX file of a sentence encoder, with what it needs: the exact one, or the least rounded. */
function chooseEncoder(id: string, files: readonly RemoteFile[]): RemoteFile[] {
  const weights = encoderWeights.map(({ path }) => files.find((file) => file.path === path)).find((file) => file);
  if (weights === undefined) {
    throw new UserError(
      `${id} is a sentence encoder without an ONNX file.`,
      `Choose a repository that has ${encoderWeights[0].path}, such as ${usualEncoder}.`,
    );
  }
  const rest = files.filter(({ path }) => small.test(path) || path === poolingFile || path === `${weights.path}_data`);
  return [...rest, weights];
}

function chooseWeights(files: readonly RemoteFile[]): RemoteFile[] {
  const whole = files.filter(({ path }) => path === wholeWeights);
  if (whole.length > 0) return whole;
  const index = files.filter(({ path }) => path === weightsIndex);
  return index.length === 0 ? [] : [...index, ...files.filter(({ path }) => shard.test(path))];
}

function refuseWeights(id: string, files: readonly RemoteFile[]): UserError {
  const pickled = files.some(({ path }) => /\.(bin|pt|pth|ckpt)$/.test(path));
  if (pickled) {
    return new UserError(
      `${id} has its weights in PyTorch's pickle files only. They can run programs when they are read, so they are not.`,
      'Choose a repository with model.safetensors: look for a conversion of the same model, or its GGUF.',
    );
  }
  const adapter = files.some(({ path }) => path === 'adapter_config.json');
  if (adapter) {
    return new UserError(`${id} is an adapter and not a model.`, 'Pull the model that its adapter_config.json names.');
  }
  return new UserError(`${id} has no model.safetensors.`, 'Choose a repository with a language model in it.');
}

// Projectors of images and importance matrices are GGUF files too, but no language models.
const noModel = /(^|\/)(mmproj|imatrix)|[-_.](mmproj|imatrix)\.gguf$/i;
const part = /-\d{5}-of-\d{5}(?=\.gguf$)/i;

interface Named {
  readonly path: string;
  readonly size: number;
}

/**
 * The GGUF file that is meant by its path, or by its quantisation as people and tools write it ("Q4_K_M", "q8_0"): one file,
 * or all parts of a split one in order. Throws UserError where it is not clear which.
 */
export function chooseGguf<F extends Named>(id: string, files: readonly F[], wanted?: string): F[] {
  const models = ggufModels(files);
  const named = models.filter((parts) => parts.some(({ path }) => path === wanted));
  const meant = wanted ?? usualQuantisation;
  const found = named.length > 0 ? named : models.filter(([{ path }]) => isQuantisation(path, meant));
  const [only, another] = found.length === 0 && wanted === undefined ? models : found;
  if (only !== undefined && another === undefined) return only;
  const list = models.slice(0, 30).map((parts) => `  ${parts[0].path}, ${formatBytes(totalSize(parts))}`);
  throw new UserError(
    wanted === undefined
      ? `${id} has several GGUF files.`
      : `${id} has ${another === undefined ? 'no' : 'more than one'} GGUF file ${wanted}.`,
    models.length === 0 ? 'Look at its files on the hub.' : `Name one of them, as ${id}:FILE\n${list.join('\n')}`,
  );
}

/** The GGUF files of a repository; those of a split one together, in order. */
export function ggufModels<F extends Named>(files: readonly F[]): F[][] {
  const models = new Map<string, F[]>();
  for (const file of files) {
    if (!isGguf(file.path)) continue;
    const stem = file.path.replace(part, '');
    models.set(
      stem,
      [...(models.get(stem) ?? []), file].sort((a, b) => (a.path < b.path ? -1 : 1)),
    );
  }
  return [...models.values()];
}

export function isGguf(path: string): boolean {
  return /\.gguf$/i.test(path) && !noModel.test(path);
}

function totalSize(files: readonly Named[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function isQuantisation(path: string, quantisation: string): boolean {
  const escaped = quantisation.replaceAll(/[^A-Za-z0-9_]/g, '\\$&');
  return new RegExp(`(^|[-._/])${escaped}\\.gguf$`, 'i').test(path.replace(part, ''));
}
