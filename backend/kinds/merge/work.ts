import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { hashModel } from '../../model/weights/fingerprint';
import { AdapterStack } from '../../model/adapters/adapter';
import { saveAdapter } from '../../model/adapters/peft/save';
import { openExpert } from '../../model/experts/forms';
import { type MergedAdapter, mergeAdapters } from '../../model/merging/adapter';
import type { MergedExpert } from '../../model/merging/deltas';
import { mergedBytes, type MergeOptions, mergedTensors, writeMergedWeights } from '../../model/merging/model';
import { type BaseModel, openBase } from '../../model/weights/base-model';
import { writeCompanions } from '../../model/weights/companions';
import { toFloat32 } from '../../model/weights/floats';
import { readGguf } from '../../model-files/gguf/header';
import { writeGgufAdapter } from '../../model-files/gguf/writing/adapter';
import { ggufBytes, writeGgufModel } from '../../model-files/gguf/writing/model';
import { modelfileOfAdapter, modelfileOfModel } from '../../model-files/gguf/writing/modelfile';
import type { Rows } from '../../model-files/gguf/writing/tensors';
import { findModel, peftName } from '../../model-files/source';
import { UserError } from '../../base/errors';
import { isThere, readJson, syncFolder, writeWhole } from '../../base/files';
import type { Outcome } from '../../protocol/outcome';
import { type MergeInputs, noAdapters } from './inputs';
import type { MergeRules } from '../../model/merging/method';
import { mergeRules } from '../../model/merging/methods';
import { requireModelOf } from '../shared/base-model';
import { groundOf, howOf, isGguf, mergeValues, modelfileOf } from './settings';
import type { MergeSpec } from './spec';
import { version } from '../../base/version';
import { requireSpaceFor } from '../../base/disk-space';
import type { Job } from '../../engine/job';

const types = { float16: 'F16', bfloat16: 'BF16', float32: 'F32', q8_0: 'Q8_0', q4_0: 'Q4_0' } as const;

/** Says where a merge came from, for people and for a run that is resumed when it had ended already. */
const originFile = 'polymath.json';
const runKey = 'polymath.run';

/** Writes the merged model or adapter to the folder or file that the user named, whole or not at all. */
export async function merge(job: Job<MergeSpec, MergeInputs>): Promise<Outcome> {
  const { spec, watch } = job;
  const { experts } = job.inputs;
  const path = resolve(spec.path);
  if (await isThere(path)) {
    if ((await runOf(path)) === job.id) return { result: path };
    throw new UserError(`${path} is there already.`, 'Choose another name, or move it away.');
  }
  const { folder } = await findModel(experts.model, watch);
  const sha256 = await hashModel(folder);
  requireModelOf(experts, sha256);
  job.declare({ model: sha256 });
  const base = await openBase(folder);
  const merged = await mergeOf(job, base);
  if (isGguf(path)) await writeGgufFile(path, job, merged);
  else await writeFolder(path, job, merged);
  return { result: path };
}

async function writeFolder(path: string, job: Job<MergeSpec, MergeInputs>, { folder }: Merge): Promise<void> {
  await requireSpaceFor(dirname(path), folder.bytes);
  // The same name in every attempt: what a killed one left behind makes room for the next.
  const making = `${path}.${job.id}.part`;
  try {
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true });
    await folder.write(making);
    await writeWhole(join(making, originFile), `${JSON.stringify(originOf(job), undefined, 2)}\n`);
    if (await isThere(path)) throw new UserError(`${path} was made meanwhile.`, 'Choose another name.');
    await rename(making, path);
    await syncFolder(dirname(path));
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** A GGUF file, and beside it what Ollama wants to know. */
async function writeGgufFile(path: string, job: Job<MergeSpec, MergeInputs>, { file }: Merge): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await requireSpaceFor(dirname(path), file.bytes());
  // The file comes last: where it is, nothing is missing.
  await writeWhole(modelfileOf(path), await file.modelfile(basename(path)));
  try {
    await file.write(path, { [runKey]: job.id, 'polymath.origin': JSON.stringify(originOf(job)) });
  } catch (error) {
    await rm(modelfileOf(path), { force: true });
    throw error;
  }
}

/** What is written, and how large it is: as a folder, or as a GGUF file. */
interface Merge {
  readonly folder: { readonly bytes: number; readonly write: (folder: string) => Promise<void> };
  readonly file: {
    readonly bytes: () => number;
    readonly write: (path: string, origin: Readonly<Record<string, string>>) => Promise<void>;
    readonly modelfile: (name: string) => Promise<string>;
  };
}

/** Throws UserError where the experts cannot be merged so. */
async function mergeOf(job: Job<MergeSpec, MergeInputs>, base: BaseModel): Promise<Merge> {
  const { spec, watch } = job;
  const { experts } = job.inputs;
  const opened: MergedExpert[] = [];
  for (const { letter, weight } of spec.weights) {
    opened.push({ expert: await openExpert(join(job.project, 'experts', experts.id, letter), base.config), weight });
  }
  const on = rulesOf(spec);
  const ground = groundOf(spec);
  const values = mergeValues(spec);
  const model = (parts: readonly MergedExpert[], rules: Pick<MergeOptions, 'rule' | 'on'>): Merge =>
    mergedModel(base, parts, { watch, seed: spec.seed, ...rules }, spec);
  if (ground !== 'factors') return model(opened, { rule: on[ground]?.(values), on: ground });
  const factors = on.factors?.(values);
  if (factors === undefined) throw new Error(`${spec.method} does not work on factors`);
  const expert = await mergeAdapters(base.config, adaptersOf(opened, spec), factors, { seed: spec.seed, watch });
  return spec.as === 'model' ? model([{ expert, weight: 1 }], {}) : mergedAdapter(expert, experts.model);
}

function mergedModel(
  base: BaseModel,
  parts: readonly MergedExpert[],
  options: Omit<MergeOptions, 'dtype'>,
  { dtype: named, path }: MergeSpec,
): Merge {
  const type = types[named];
  const { folder: from } = base.weights;
  // Of a folder; what has fewer bits is in files alone.
  const dtype = type === 'Q8_0' || type === 'Q4_0' ? 'F32' : type;
  return {
    folder: {
      bytes: mergedBytes(base, dtype),
      write: async (folder) => {
        await writeMergedWeights(base, parts, folder, { dtype, ...options });
        await writeCompanions(base, from, folder, dtype);
      },
    },
    file: {
      bytes: () => ggufBytes(base, type),
      write: (file, origin) => {
        const merged = mergedTensors(base, parts, { dtype: 'F32', ...options });
        const rows = async function* (name: string): Rows {
          for await (const bytes of merged(name)) yield toFloat32('F32', bytes);
        };
        return writeGgufModel(file, { base, folder: from, name: nameOf(path), type, rows, origin });
      },
      modelfile: (file) => modelfileOfModel(from, file),
    },
  };
}

function mergedAdapter(expert: AdapterStack, model: string): Merge {
  const { byteLength: bytes } = expert.parameters.data;
  return {
    folder: { bytes, write: async (folder) => saveAdapter(expert, 0, folder, await peftName(model)) },
    file: {
      bytes: () => bytes,
      write: (file, origin) => writeGgufAdapter(file, expert, nameOf(file), origin),
      modelfile: (file) => Promise.resolve(modelfileOfAdapter(model, file)),
    },
  };
}

const nameOf = (path: string): string => basename(path).replace(/\.gguf$/i, '');

/** What the method does; the settings know its name. */
function rulesOf({ method }: MergeSpec): MergeRules {
  const [, rules] = Object.entries(mergeRules).find(([name]) => name === method) ?? [];
  if (rules === undefined) throw new Error(`there is no way to merge called ${method}`);
  return rules;
}

function adaptersOf(opened: readonly MergedExpert[], { weights }: MergeSpec): MergedAdapter[] {
  return opened.map(({ expert, weight }, e) => {
    if (!(expert instanceof AdapterStack)) throw noAdapters([weights[e].letter]);
    return { expert, weight };
  });
}

function originOf({ id, spec, inputs }: Job<MergeSpec, MergeInputs>): Record<string, unknown> {
  const { model, modelSha256, experts, name } = inputs.experts;
  const merged = spec.weights.map(({ letter, weight }) => {
    return { letter, name: experts.find((expert) => expert.letter === letter)?.name, weight };
  });
  const how = { ...howOf(spec), as: spec.as };
  return { made: `Polymath ${version}`, run: id, base: model, baseSha256: modelSha256, experts: name, merged, how };
}

/** The run that made a folder or a GGUF file. */
async function runOf(path: string): Promise<unknown> {
  if (isGguf(path)) return (await readGguf(path).catch(() => undefined))?.metadata.optionalString(runKey);
  const origin = await readJson(join(path, originFile), 'The origin').catch(() => undefined);
  return typeof origin === 'object' && origin !== null && 'run' in origin ? origin.run : undefined;
}
