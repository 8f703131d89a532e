/**
 * The folder of a run:
 *
 *     run.json         the record with its hash: what it was told and what became of it; only the coordinator writes it
 *     inputs.bundle    what it reads from the project, as it was when the run began
 *     checkpoints/     two at most, each whole
 *     metrics.jsonl    its curves
 *     log.txt          what its process wrote
 *     outcome.bundle   what it made, whole; the store takes it over
 *     answers.jsonl    what a guide answered; unions.jsonl   what came of it
 */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../base/canonical-json';
import { DamagedBundleError, decodeBundle, encodeBundle, pack, unpack } from '../base/bundle';
import { exists, readJson, writeWhole } from '../base/files';
import { type Outcome, outcome } from '../protocol/outcome';
import { type RunRecord, runRecord } from '../protocol/run';

export const checkpointFolder = (folder: string): string => join(folder, 'checkpoints');
export const metricsFile = (folder: string): string => join(folder, 'metrics.jsonl');
export const answersFile = (folder: string): string => join(folder, 'answers.jsonl');
export const unionsFile = (folder: string): string => join(folder, 'unions.jsonl');

export const logFile = (folder: string): string => join(folder, 'log.txt');

/** Makes the folder of a new run: whole or absent. */
export async function createRun(runs: string, record: RunRecord, inputs: unknown): Promise<string> {
  const folder = join(runs, record.id);
  const making = `${folder}.part`;
  await mkdir(making, { recursive: true });
  await writeValue(join(making, 'inputs.bundle'), inputs);
  await saveRecord(making, record);
  await rename(making, folder);
  return folder;
}

export async function saveRecord(folder: string, record: RunRecord): Promise<void> {
  const sealed = { ...record, sha256: hashOf(record) };
  await writeWhole(join(folder, 'run.json'), `${JSON.stringify(sealed, undefined, 2)}\n`);
}

/** Throws where it is damaged. Those of earlier versions have no hash. */
export async function loadRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, 'run.json');
  const { sha256, ...record } = z
    .looseObject({ sha256: z.string().optional() })
    .parse(await readJson(path, 'The record of the run'));
  if (sha256 !== undefined && sha256 !== hashOf(record)) throw new DamagedBundleError('its hash does not fit');
  return runRecord.parse(record);
}

const hashOf = (record: object): string => createHash('sha256').update(canonicalJson(record)).digest('hex');

/**
 * All runs of a project, oldest first. What a dying process left half made is removed; in the place of a damaged record comes the one
 * that the store has (`kept`), and the log of the run says so.
 */
export async function loadRecords(
  runs: string,
  kept: ReadonlyMap<string, RunRecord> = new Map(),
): Promise<RunRecord[]> {
  await mkdir(runs, { recursive: true });
  const records: RunRecord[] = [];
  for (const name of await readdir(runs)) {
    if (name.endsWith('.part')) await rm(join(runs, name), { recursive: true, force: true });
    else {
      const record = await ownRecord(runs, name).catch(() => restored(join(runs, name), kept.get(name)));
      if (record !== undefined) records.push(record);
    }
  }
  return records.sort((a, b) => (a.created < b.created ? -1 : a.created > b.created ? 1 : a.id < b.id ? -1 : 1));
}

/** Throws where the record is damaged or that of another run. */
async function ownRecord(runs: string, name: string): Promise<RunRecord> {
  const record = await loadRecord(join(runs, name));
  if (record.id === name) return record;
  throw new DamagedBundleError(`it is that of ${record.id}`);
}

async function restored(folder: string, record: RunRecord | undefined): Promise<RunRecord | undefined> {
  if (record === undefined || !(await stat(folder)).isDirectory()) return undefined;
  await saveRecord(folder, record);
  await appendFile(logFile(folder), 'run.json was damaged: it was written anew from the database of the project.\n');
  return record;
}

/** What the run reads from the project, as its kind gathered it. */
export async function loadInputs(folder: string): Promise<unknown> {
  return unpack(decodeBundle(await readFile(join(folder, 'inputs.bundle'))));
}

/** Throws where a part of it has a form that the project could not read again: that fails the run, and the project stays whole. */
export async function saveOutcome(folder: string, made: Outcome): Promise<void> {
  await writeValue(join(folder, 'outcome.bundle'), outcome.parse(made));
}

/** What the run made; undefined where it has not got so far, or where it cannot be read. */
export async function loadOutcome(folder: string): Promise<Outcome | undefined> {
  const path = join(folder, 'outcome.bundle');
  if (!(await exists(path))) return undefined;
  try {
    return outcome.parse(unpack(decodeBundle(await readFile(path))));
  } catch (error) {
    if (error instanceof DamagedBundleError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

/** Removes what only a run that is not done needs: what it made is in the store. */
export async function clearRun(folder: string): Promise<void> {
  for (const name of ['checkpoints', 'inputs.bundle', 'outcome.bundle']) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function writeValue(path: string, value: unknown): Promise<void> {
  const { json, arrays } = pack(value);
  await writeWhole(path, encodeBundle(json, arrays));
}
