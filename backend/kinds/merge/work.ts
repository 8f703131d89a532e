import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { hashModel } from '../../model/weights/fingerprint';
import { mergedBytes, type MergedExpert, writeMergedWeights } from '../../model/adapters/merge';
import { openExpert } from '../../model/experts/forms';
import { openBase } from '../../model/weights/base-model';
import { writeCompanions } from '../../model/weights/companions';
import { findModel } from '../../model-files/source';
import { UserError } from '../../base/errors';
import { isThere, readJson, syncFolder, writeWhole } from '../../base/files';
import type { Outcome } from '../../protocol/outcome';
import type { MergeInputs } from './inputs';
import type { MergeSpec } from './spec';
import { version } from '../../base/version';
import { requireSpaceFor } from '../../base/disk-space';
import type { Job } from '../../engine/job';

const types = { float16: 'F16', bfloat16: 'BF16', float32: 'F32' } as const;

/** Says where a merged model came from, for people and for a run that is resumed when it had ended already. */
const originFile = 'polymath.json';

/** Writes the merged model to the folder that the user named, whole or not at all. */
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
  if (sha256 !== experts.modelSha256) {
    throw new UserError(
      `The base model in ${folder} is not what these experts were trained on: its files have changed.`,
      'Put the right files back, or train the experts again.',
    );
  }
  job.declare({ model: sha256 });
  const base = await openBase(folder);
  const merged: MergedExpert[] = [];
  for (const { letter, weight } of spec.weights) {
    merged.push({ expert: await openExpert(join(job.project, 'experts', experts.id, letter), base.config), weight });
  }
  const dtype = types[spec.dtype];
  await requireSpaceFor(dirname(path), mergedBytes(base, dtype));
  // The same name in every attempt: what a killed one left behind makes room for the next.
  const making = `${path}.${job.id}.part`;
  try {
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true });
    await writeMergedWeights(base, merged, making, { dtype, watch });
    await writeCompanions(base, folder, making, dtype);
    await writeWhole(join(making, originFile), `${JSON.stringify(originOf(job, experts.name), undefined, 2)}\n`);
    if (await isThere(path)) throw new UserError(`${path} was made meanwhile.`, 'Choose another name.');
    await rename(making, path);
    await syncFolder(dirname(path));
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return { result: path };
}

function originOf({ id, spec, inputs }: Job<MergeSpec, MergeInputs>, name: string): Record<string, unknown> {
  const { model, modelSha256, experts } = inputs.experts;
  const merged = spec.weights.map(({ letter, weight }) => {
    return { letter, name: experts.find((expert) => expert.letter === letter)?.name, weight };
  });
  return { made: `Polymath ${version}`, run: id, base: model, baseSha256: modelSha256, experts: name, merged };
}

async function runOf(folder: string): Promise<unknown> {
  const origin = await readJson(join(folder, originFile), 'The origin').catch(() => undefined);
  return typeof origin === 'object' && origin !== null && 'run' in origin ? origin.run : undefined;
}
