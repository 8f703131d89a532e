import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type ModelConfig, readConfig } from '../../model/architectures/config';
import { hashModel } from '../../model/weights/fingerprint';
import { readPeftConfig } from '../../model/adapters/peft/config';
import { adapterFiles, configFile, isPlainPeft, loadAdapter } from '../../model/adapters/peft/load';
import { saveAdapter } from '../../model/adapters/peft/save';
import { isModelFolder } from '../../model/experts/forms';
import { openFullExpert, readWeights, saveFullExpert } from '../../model/experts/full';
import type { ExpertStack } from '../../model/experts/stack';
import { tokenizerFiles } from '../../model/weights/model-folder';
import { findModel } from '../../model-files/source';
import { UserError } from '../../base/errors';
import { formatNumber } from '../../base/format';
import { exists, syncFolder } from '../../base/files';
import type { Outcome } from '../../protocol/outcome';
import type { SplitRecord, ExpertSetRecord } from '../../protocol/records';
import { expertLetter } from '../../base/letter';
import type { ImportExpertsInputs } from './inputs';
import type { ImportExpertsSpec } from './spec';
import { figuresOf } from '../shared/experts';
import type { Job } from '../../engine/job';

/** As many as answer together at most. */
const mostExperts = 64;

/**
 * Copies experts that were trained elsewhere into the project, and reads each of them on its base model: what would not work
 * does not come in.
 */
export async function importExperts(job: Job<ImportExpertsSpec, ImportExpertsInputs>): Promise<Outcome> {
  const { spec, inputs, watch } = job;
  const { folders, earlier } = await expertFolders(spec.folders);
  const piles = pilesFor(folders, inputs.clustering);
  const { folder: base } = await findModel(spec.model, watch);
  const config = await readConfig(join(base, 'config.json'));
  const modelSha256 = await hashModel(base);
  job.declare({ model: modelSha256 });
  const id = `experts-${job.suffix}`;
  const folder = join(job.project, 'experts', id);
  const making = `${folder}.${process.pid}.part`;
  try {
    const experts: ExpertSetRecord['experts'] = [];
    for (const [i, source] of folders.entries()) {
      watch.signal.throwIfAborted();
      experts.push(
        await takeIn(source, making, { i, config, base, pile: piles?.[i], documents: inputs.clustering?.documents }),
      );
      watch.report({ stage: 'Reading experts', done: i + 1, total: folders.length, unit: 'experts' });
    }
    // An earlier attempt may have come as far as this.
    await rm(folder, { recursive: true, force: true });
    await rename(making, folder);
    await syncFolder(join(job.project, 'experts'));
    const { created, id: run } = job;
    const name = spec.name ?? nameOf(spec);
    const split = spec.split === undefined ? {} : { clustering: spec.split };
    const settings: ExpertSetRecord['settings'] = earlier === 0 ? {} : { earlierCheckpoints: earlier };
    const set = { id, name, created, run, ...split, model: spec.model, modelSha256, settings, experts };
    return { result: id, experts: set };
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

function nameOf({ folders }: ImportExpertsSpec): string {
  const names = folders.map((folder) => basename(folder)).join(', ');
  return `Experts from ${names}`.slice(0, 200);
}

/** The folders that hold an expert: those given, or what lies in them. Throws UserError where there is none. */
async function expertFolders(given: readonly string[]): Promise<{ folders: string[]; earlier: number }> {
  const found: string[] = [];
  let earlier = 0;
  for (const folder of given.map((path) => resolve(path))) {
    if (await holdsExpert(folder)) found.push(folder);
    else {
      const inside = await expertsIn(folder);
      const kept = withoutEarlier(inside);
      found.push(...kept);
      earlier += inside.length - kept.length;
    }
  }
  if (found.length > mostExperts) {
    throw new UserError(`There are ${found.length} experts.`, `Import at most ${mostExperts} as one set.`);
  }
  return { folders: found, earlier };
}

async function holdsExpert(folder: string): Promise<boolean> {
  return (await exists(join(folder, configFile))) || isModelFolder(folder);
}

async function expertsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) throw new UserError(`${folder} is no folder.`, 'Check the path.');
  const found: string[] = [];
  for (const name of names.sort()) {
    if (await holdsExpert(join(folder, name))) found.push(join(folder, name));
  }
  if (found.length > 0) return found;
  throw new UserError(
    `${folder} holds no expert: there is no ${configFile}, and no model.`,
    'Name the folder of a LoRA adapter as PEFT saves it, or of a fine-tuned model.',
  );
}

/** A checkpoint is called as its training is. */
const nameOfExpert = (folder: string): string =>
  basename(Number.isNaN(stepOf(folder)) ? folder : dirname(folder)).slice(0, 200);

/** The number in the name of a checkpoint's folder; NaN for any other folder. */
const stepOf = (folder: string): number => Number(/^checkpoint-(\d+)$/.exec(basename(folder))?.[1] ?? NaN);

/** Checkpoints of one training are one expert at different times: the newest is taken. */
function withoutEarlier(folders: readonly string[]): string[] {
  const newest = Math.max(...folders.map(stepOf).filter((step) => !Number.isNaN(step)));
  return folders.filter((folder) => !(stepOf(folder) < newest));
}

/** The pile of each expert: those that have documents, or all. Throws UserError where there are more or fewer experts. */
function pilesFor(folders: readonly string[], clustering: SplitRecord | undefined): SplitRecord['piles'] | undefined {
  if (clustering === undefined) return undefined;
  const { name, piles } = clustering;
  const living = piles.filter(({ size }) => size > 0);
  const fitting = [living, piles].find(({ length }) => length === folders.length);
  if (fitting !== undefined) return fitting;
  const [are, experts] = [folders.length === 1 ? 'is' : 'are', formatNumber(folders.length, 'expert')];
  throw new UserError(
    `${name} has ${formatNumber(living.length, 'pile')} with documents, and there ${are} ${experts}.`,
    'Name one expert for each pile, in the order of the piles.',
  );
}

interface Place {
  readonly i: number;
  readonly config: ModelConfig;
  /** The base model's folder. */
  readonly base: string;
  readonly pile: SplitRecord['piles'][number] | undefined;
  /** Of the split. */
  readonly documents: number | undefined;
}

async function takeIn(
  source: string,
  making: string,
  { i, config, base, pile, documents }: Place,
): Promise<ExpertSetRecord['experts'][number]> {
  const letter = expertLetter(pile?.pile ?? i);
  const folder = join(making, letter);
  const taken = (await exists(join(source, configFile)))
    ? await takeAdapter(source, folder, config)
    : await takeModel(source, folder, config, base);
  return {
    letter,
    name: pile?.name ?? (nameOfExpert(source) || letter),
    ...(pile && documents !== undefined && { pile: pile.pile, share: pile.size / documents }),
    adapter: await figuresOf(taken.expert, 0, folder),
    source: { path: source, ...(taken.baseModel !== undefined && { baseModel: taken.baseModel }) },
  };
}

/** What was taken in, and the base model that it names. */
interface Taken {
  readonly expert: ExpertStack;
  readonly baseModel?: string;
}

/** Reads a fine-tuned model and writes it as experts lie here, in float32. Where it has no tokenizer, that of the base goes with it. */
async function takeModel(source: string, folder: string, config: ModelConfig, base: string): Promise<Taken> {
  const expert = await readWeights(await openFullExpert(source, config));
  await saveFullExpert(expert, folder, (await tokenizerFiles(source)).length > 0 ? source : base);
  return { expert };
}

/** Copies one adapter, then reads the copy: what was checked is what is kept. */
async function takeAdapter(source: string, folder: string, config: ModelConfig): Promise<Taken> {
  await mkdir(folder, { recursive: true });
  for (const file of adapterFiles) {
    if (await exists(join(source, file))) await copyDurably(join(source, file), join(folder, file));
  }
  const stack = await loadAdapter(folder, config).catch((error: unknown) => {
    // The user knows the folder that the copy came from.
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.message.replaceAll(folder, source), error.next.replaceAll(folder, source));
  });
  const { base_model_name_or_path: baseModel } = await readPeftConfig(join(folder, configFile));
  if (!(await isPlainPeft(folder))) {
    // What other tools would not read is kept as PEFT writes it.
    for (const file of adapterFiles) await rm(join(folder, file), { force: true });
    await saveAdapter(stack, 0, folder, baseModel ?? '');
  }
  return { expert: stack, ...(typeof baseModel === 'string' && { baseModel }) };
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
