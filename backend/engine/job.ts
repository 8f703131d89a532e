import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Device } from '../base/device';
import type { Products } from '../base/precision';
import type { TokenCount, Watch } from '../base/progress';
import type { GuideOffer } from '../protocol/guide';
import type { DatasetRecord, Side } from '../protocol/records';
import type { RunRecord } from '../protocol/run';
import type { WorkersAddress } from '../protocol/workers';
import { type IndexedDocument, readDocuments } from '../store/documents';
import { InputsChangedError } from './failure';

/** A run as its process sees it: what it was told, and what it reads from the project. */
export interface Job<S = unknown, I = unknown> {
  readonly id: string;
  /** The part of the id that all results of the run share. */
  readonly suffix: string;
  readonly created: string;
  /** What earlier attempts took. */
  readonly secondsBefore: number;
  readonly spec: S;
  readonly inputs: I;
  /** The project's folder, `.polymath`. */
  readonly project: string;
  /** The run's folder. */
  readonly folder: string;
  /** Where it computes. */
  readonly device: Device;
  /** Who does its tasks; processes of this machine where there is nothing. */
  readonly workers: WorkersAddress | undefined;
  /** How frozen weights multiply there. */
  readonly products: Products;
  readonly watch: Watch;
  /** Where the editor's models are asked; undefined where no editor has offered them. */
  readonly guide: GuideOffer | undefined;
  /** The built program of its workers, as `program` of base/package-folder finds it. */
  readonly worker: string;
  /** Counts what goes through the models of this process. */
  readonly counted: TokenCount;
  /** Tells the content hashes of what goes in. Throws InputsChangedError where an earlier attempt had others. */
  readonly declare: (inputs: Readonly<Record<string, string>>) => void;
  /** Adds what worker processes used: tokens, and peak memory in MiB. */
  readonly spent: (tokens: number, memory: number) => void;
  /** MiB of this process and of a worker beside it, at most so far. */
  readonly peakMemory: () => number;
}

export function refuseChanges(before: RunRecord['inputs'], now: Readonly<Record<string, string>>): void {
  const changed = Object.entries(now).filter(([name, hash]) => before[name] !== undefined && before[name] !== hash);
  if (changed.length === 0) return;
  const list = changed.map(([name, hash]) => `${name} (${before[name].slice(0, 12)} → ${hash.slice(0, 12)})`);
  throw new InputsChangedError(`Since the run began, these have changed: ${list.join(', ')}.`);
}

async function hashFile(hash: Hash, path: string): Promise<void> {
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
}

const documentsFolder = ({ project }: Pick<Job, 'project'>, dataset: DatasetRecord): string =>
  join(project, 'datasets', dataset.id);

/** A run that reads documents of a dataset, but for those that a person took out of all runs. */
export type DocumentsJob = Job<
  unknown,
  { readonly dataset: DatasetRecord; readonly excluded?: Int32Array | undefined }
>;

/** The documents of a side. */
export async function readSide(job: DocumentsJob, side: Side): Promise<IndexedDocument[]> {
  const documents = await readDocuments(documentsFolder(job, job.inputs.dataset), side);
  const excluded = new Set(job.inputs.excluded);
  return excluded.size === 0 ? documents : documents.filter(({ index }) => !excluded.has(index));
}

/** Tells what the run reads, by the hash of its bytes: base model and documents. */
export async function declareInputs(job: DocumentsJob, modelSha256: string): Promise<void> {
  const hash = createHash('sha256');
  await hashFile(hash, join(documentsFolder(job, job.inputs.dataset), 'documents.parquet'));
  job.declare({ documents: hash.digest('hex'), model: modelSha256 });
}
