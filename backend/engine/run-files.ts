/**
 * The folder of a run:
 *
 *     run.json         the record: what it was told and what became of it; only the coordinator writes it
 *     inputs.bundle    what it reads from the project, as it was when the run began
 *     checkpoints/     two at most, each whole
 *     metrics.jsonl    its curves
 *     log.txt          what its process wrote
 *     outcome.bundle   what it made, whole; the store takes it over
 *     answers.jsonl    what a guide answered; unions.jsonl   what came of it
 */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DamagedBundleError, decodeBundle, encodeBundle, pack, unpack } from '../base/bundle';
import { exists, readJson, writeWhole } from '../base/files';
import type { Outcome } from '../protocol/outcome';
import type { Clustering, Dataset, ExpertSet, GuidedUnion, Link } from '../protocol/records';
import { type RunRecord, runRecord } from '../protocol/run';

/** What a run reads from the project; which of it depends on its kind. */
export interface RunInputs {
  readonly dataset?: Dataset;
  readonly clustering?: Clustering;
  /** Indices of the clustered documents and their piles, people's moves counted. */
  readonly assignments?: { readonly documents: Int32Array; readonly piles: Int32Array };
  /** Indices of the documents of `dataset` that no run reads, rising; `assignments` are without them. */
  readonly excluded?: Int32Array;
  /** Indices of the documents that people keep in their piles of `clustering`. */
  readonly pinned?: Int32Array;
  /** What people said of pairs of documents. */
  readonly links?: readonly Link[];
  readonly experts?: ExpertSet;
  /** Unions that are taken back, in the order in which they came about. */
  readonly unions?: readonly WrittenUnion[];
  /** A mixer's weights. */
  readonly weights?: unknown;
}

export const checkpointFolder = (folder: string): string => join(folder, 'checkpoints');
export const metricsFile = (folder: string): string => join(folder, 'metrics.jsonl');
export const answersFile = (folder: string): string => join(folder, 'answers.jsonl');
export const unionsFile = (folder: string): string => join(folder, 'unions.jsonl');

/** A line of the unions: why, and the ids of the documents on both sides. */
export type WrittenUnion = Omit<GuidedUnion, 'number' | 'own' | 'other'> & {
  readonly a: readonly string[];
  readonly b: readonly string[];
};

export const logFile = (folder: string): string => join(folder, 'log.txt');

/** Makes the folder of a new run: whole or absent. */
export async function createRun(runs: string, record: RunRecord, inputs: RunInputs): Promise<string> {
  const folder = join(runs, record.id);
  const making = `${folder}.part`;
  await mkdir(making, { recursive: true });
  await writeValue(join(making, 'inputs.bundle'), inputs);
  await saveRecord(making, record);
  await rename(making, folder);
  return folder;
}

export async function saveRecord(folder: string, record: RunRecord): Promise<void> {
  await writeWhole(join(folder, 'run.json'), `${JSON.stringify(record, undefined, 2)}\n`);
}

export async function loadRecord(folder: string): Promise<RunRecord> {
  return runRecord.parse(await readJson(join(folder, 'run.json'), 'The record of the run'));
}

/** All runs of a project, oldest first. What a dying process left half made is removed; a damaged record is passed over. */
export async function loadRecords(runs: string): Promise<RunRecord[]> {
  await mkdir(runs, { recursive: true });
  const records: RunRecord[] = [];
  for (const name of await readdir(runs)) {
    if (name.endsWith('.part')) await rm(join(runs, name), { recursive: true, force: true });
    else {
      const record = await loadRecord(join(runs, name)).catch(() => undefined);
      if (record !== undefined && record.id === name) records.push(record);
    }
  }
  return records.sort((a, b) => (a.created < b.created ? -1 : a.created > b.created ? 1 : a.id < b.id ? -1 : 1));
}

export async function loadInputs(folder: string): Promise<RunInputs> {
  return unpack(decodeBundle(await readFile(join(folder, 'inputs.bundle')))) as RunInputs;
}

export async function saveOutcome(folder: string, outcome: Outcome): Promise<void> {
  await writeValue(join(folder, 'outcome.bundle'), outcome);
}

/** What the run made; undefined where it has not got so far. */
export async function loadOutcome(folder: string): Promise<Outcome | undefined> {
  const path = join(folder, 'outcome.bundle');
  if (!(await exists(path))) return undefined;
  try {
    return unpack(decodeBundle(await readFile(path))) as Outcome;
  } catch (error) {
    if (error instanceof DamagedBundleError) return undefined;
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
