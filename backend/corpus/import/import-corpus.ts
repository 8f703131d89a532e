/**
 * Reads a corpus from the user's files into a dataset: a folder with the documents, what was rejected and a record of both. It
 * is there as a whole or not at all, and the same files with the same options always give the same dataset.
 */
import { formatCount, formatNumber } from '../../base/format';
import { createHash } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/errors';
import { isSystemError, readJson, writeWhole } from '../../base/files';
import type { Watch } from '../../base/progress';
import { type DatasetRecord, datasetRecord, type Side } from '../../protocol/records';
import type { ImportOptions } from './options';
import { Staging } from '../../base/staging';
import { isDiskFull } from '../../store/failures';
import { Collector } from './collector';
import { DatasetWriter, files, isWhole } from './dataset-writer';
import { type Input, openInput } from './input';
import { Pulse } from './pulse';
import { requireFractions } from './sides';

/** Counts up when the same files would give other documents than before. */
const VERSION = 2;

/**
 * Imports into `<folder>/<id>/`; what has been imported before is found there and returned as it is. Takes less than 1 GB for
 * a million documents of 1 KB. The rows of the Parquet files are the same every time.
 * Throws UserError where the source is missing or unusable, changes meanwhile or gives no documents, or where
 * the disk is full; the reason of `watch.signal` when that is aborted. Nothing is left behind then.
 */
export async function importCorpus(spec: ImportOptions, folder: string, watch: Watch): Promise<DatasetRecord> {
  try {
    requireFractions(spec.validation, spec.test);
    const pulse = new Pulse(watch);
    const input = await openInput(spec, pulse);
    const id = datasetId(spec, input);
    const before = await findWhole(folder, id);
    if (before === undefined) return await importInto(folder, id, spec, input, pulse);
    const { total } = before.documents;
    pulse.tell({ stage: 'Imported before', done: total, total, unit: 'documents', note: id });
    return before;
  } catch (error) {
    throw explained(error, spec.source, folder);
  }
}

/** The same for the same source and whatever else decides what the documents are. */
function datasetId(
  { columns, separator, header, seed, validation, test, nearDuplicates }: ImportOptions,
  input: Input,
): string {
  const { sha256, format } = input.source;
  const { text = null, id = null, domain = null } = columns;
  const sides = [input.sides.length > 0, validation, test];
  const options = [
    VERSION,
    sha256,
    format,
    text,
    id,
    domain,
    separator ?? null,
    header ?? null,
    seed,
    sides,
    nearDuplicates,
  ];
  return `data-${createHash('sha256').update(JSON.stringify(options)).digest('hex').slice(0, 12)}`;
}

/** A finished dataset of this id, undefined where there is none or it has been damaged since. */
async function findWhole(folder: string, id: string): Promise<DatasetRecord | undefined> {
  const content = await readJson(join(folder, id, files.record), 'the dataset').catch(() => undefined);
  const found = datasetRecord.safeParse(content).data;
  if (found?.id !== id) return undefined;
  return (await isWhole(join(folder, id), found.documents.total)) ? found : undefined;
}

async function importInto(
  folder: string,
  id: string,
  spec: ImportOptions,
  input: Input,
  pulse: Pulse,
): Promise<DatasetRecord> {
  const staging = await Staging.open(folder);
  try {
    const content = await write(staging.folder, spec, input, pulse);
    const record = datasetRecord.parse({
      id,
      name: (spec.name ?? input.name).slice(0, 200),
      created: new Date().toISOString(),
      source: input.source,
      seed: spec.seed,
      ...content,
    });
    await writeWhole(join(staging.folder, files.record), `${JSON.stringify(record, undefined, 2)}\n`);
    pulse.signal.throwIfAborted();
    return await publish(staging, folder, record);
  } finally {
    await staging.close();
  }
}

type Content = Omit<DatasetRecord, 'id' | 'name' | 'created' | 'source' | 'seed'>;

/** Writes the two Parquet files and tells what is in them. */
async function write(folder: string, spec: ImportOptions, input: Input, pulse: Pulse): Promise<Content> {
  const writer = await DatasetWriter.open(folder);
  try {
    const counts = () => ({
      note: `${formatNumber(writer.total, 'document')}, ${formatCount(writer.rejected)} rejected`,
    });
    const collector = new Collector(writer, spec.nearDuplicates);
    pulse.tell({ stage: 'Reading documents', ...input.progress() });
    for await (const record of input.records()) {
      const waiting = collector.add(record);
      if (waiting !== undefined) await waiting;
      if (pulse.isDue) {
        await pulse.beat(() => ({ stage: 'Reading documents', ...input.progress(), ...counts() }));
      }
    }
    pulse.tell({ stage: 'Reading documents', ...input.progress(), ...counts() });
    const { sides, groups, content } = collector.finish(spec, input);
    await writer.finish((index): Side => sides[index], groups, pulse);
    return content;
  } finally {
    await writer.close();
  }
}

async function publish(staging: Staging, folder: string, record: DatasetRecord): Promise<DatasetRecord> {
  const names = Object.values(files);
  if (await staging.publish(record.id, names)) return record;
  const other = await findWhole(folder, record.id);
  if (other !== undefined) return other;
  // What stands in the way is a dataset that was damaged: it makes room.
  const damaged = join(folder, `.damaged-${record.id}`);
  await rm(damaged, { recursive: true, force: true });
  await rename(join(folder, record.id), damaged);
  if (!(await staging.publish(record.id, names))) throw new Error(`${record.id} cannot take its place`);
  await rm(damaged, { recursive: true, force: true });
  return record;
}

function explained(error: unknown, source: string, folder: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  if (isDiskFull(error)) {
    return new UserError(`The disk is full: ${source} was not imported.`, 'Free some space and import it again.');
  }
  if (
    isSystemError(error, 'EACCES', 'EPERM', 'EROFS') ||
    /Permission denied|Read-only file system/.test(error.message)
  ) {
    return new UserError(`Nothing can be written to ${folder}.`, 'Give yourself the right to write there.');
  }
  return error;
}
