import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { hashModel } from '../../model/weights/fingerprint';
import { AdapterStack } from '../../model/adapters/adapter';
import { saveAdapter } from '../../model/adapters/peft/save';
import { openExpert } from '../../model/experts/forms';
import { type MergedAdapter, mergeAdapters } from '../../model/merging/adapter';
import type { MergedExpert } from '../../model/merging/deltas';
import { mergedBytes, type MergeOptions, writeMergedWeights } from '../../model/merging/model';
import { type BaseModel, openBase } from '../../model/weights/base-model';
import { writeCompanions } from '../../model/weights/companions';
import { findModel, peftName } from '../../model-files/source';
import { UserError } from '../../base/errors';
import { isThere, readJson, syncFolder, writeWhole } from '../../base/files';
import type { Outcome } from '../../protocol/outcome';
import { type MergeInputs, noAdapters } from './inputs';
import type { MergeRules } from '../../model/merging/method';
import { mergeRules } from '../../model/merging/methods';
import { requireModelOf } from '../shared/base-model';
import { groundOf, howOf, mergeValues } from './settings';
import type { MergeSpec } from './spec';
import { version } from '../../base/version';
import { requireSpaceFor } from '../../base/disk-space';
import type { Job } from '../../engine/job';

const types = { float16: 'F16', bfloat16: 'BF16', float32: 'F32' } as const;

/** Says where a merge came from, for people and for a run that is resumed when it had ended already. */
const originFile = 'polymath.json';

/** Writes the merged model or adapter to the folder that the user named, whole or not at all. */
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
  await requireSpaceFor(dirname(path), merged.bytes);
  // The same name in every attempt: what a killed one left behind makes room for the next.
  const making = `${path}.${job.id}.part`;
  try {
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true });
    await merged.write(making);
    await writeWhole(join(making, originFile), `${JSON.stringify(originOf(job, experts.name), undefined, 2)}\n`);
    if (await isThere(path)) throw new UserError(`${path} was made meanwhile.`, 'Choose another name.');
    await rename(making, path);
    await syncFolder(dirname(path));
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return { result: path };
}

/** What is written, and how large it is. */
interface Merge {
  readonly bytes: number;
  readonly write: (folder: string) => Promise<void>;
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
  const model = (parts: readonly MergedExpert[], options: Pick<MergeOptions, 'rule' | 'on'>): Merge => {
    const dtype = types[spec.dtype];
    const write = async (folder: string): Promise<void> => {
      await writeMergedWeights(base, parts, folder, { dtype, watch, seed: spec.seed, ...options });
      await writeCompanions(base, base.weights.folder, folder, dtype);
    };
    return { bytes: mergedBytes(base, dtype), write };
  };
  if (ground !== 'factors') return model(opened, { rule: on[ground]?.(values), on: ground });
  const factors = on.factors?.(values);
  if (factors === undefined) throw new Error(`${spec.method} does not work on factors`);
  const expert = await mergeAdapters(base.config, adaptersOf(opened, spec), factors, { seed: spec.seed, watch });
  if (spec.as === 'model') return model([{ expert, weight: 1 }], {});
  const write = async (folder: string): Promise<void> => saveAdapter(expert, 0, folder, await peftName(experts.model));
  return { bytes: expert.parameters.data.byteLength, write };
}

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

function originOf({ id, spec, inputs }: Job<MergeSpec, MergeInputs>, name: string): Record<string, unknown> {
  const { model, modelSha256, experts } = inputs.experts;
  const merged = spec.weights.map(({ letter, weight }) => {
    return { letter, name: experts.find((expert) => expert.letter === letter)?.name, weight };
  });
  const how = { ...howOf(spec), as: spec.as };
  return { made: `Polymath ${version}`, run: id, base: model, baseSha256: modelSha256, experts: name, merged, how };
}

async function runOf(folder: string): Promise<unknown> {
  const origin = await readJson(join(folder, originFile), 'The origin').catch(() => undefined);
  return typeof origin === 'object' && origin !== null && 'run' in origin ? origin.run : undefined;
}
