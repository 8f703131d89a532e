import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../protocol/errors';
import { exists, writeWhole } from '../protocol/files';
import type { Given, Result } from '../protocol/messages';
import { expertLetter } from '../protocol/report';
import { literal, openDatabase } from '../store/duckdb';
import type { Store } from '../store/store';

type Format = Given<'export'>['format'];

const formats: Readonly<Record<Given<'export'>['what'], readonly Format[]>> = {
  experts: ['peft'],
  labels: ['jsonl', 'csv', 'parquet'],
  evaluation: ['json'],
  council: ['json'],
  dataset: ['jsonl', 'csv', 'parquet'],
};

/** Writes something of the project to a new file or folder, whole or not at all. Nothing that is there is overwritten. */
export async function exportFrom(store: Store, { what, id, format, path }: Given<'export'>): Promise<Result<'export'>> {
  if (!formats[what].includes(format)) {
    throw new UserError(`There is no export of ${what} as ${format}.`, `Choose ${formats[what].join(', ')}.`);
  }
  if (await exists(path)) throw new UserError(`${path} is there already.`, 'Choose another name, or move it away.');
  await mkdir(dirname(path), { recursive: true });
  switch (what) {
    case 'experts': {
      await store.experts.get(id);
      await copyFolder(store.experts.folderOf(id), path);
      break;
    }
    case 'evaluation':
      await writeWhole(path, `${JSON.stringify(await store.evaluations.get(id), undefined, 2)}\n`);
      break;
    case 'council':
      await writeWhole(path, `${JSON.stringify(await store.councils.get(id), undefined, 2)}\n`);
      break;
    case 'dataset': {
      await store.datasets.get(id);
      await copyRows(`SELECT * EXCLUDE (preview, length) FROM ${parquet(store, id)} ORDER BY index`, format, path);
      break;
    }
    case 'labels':
      await exportLabels(store, id, format, path);
  }
  return measure(path);
}

/** One row per clustered document: its id, its pile as it is now, and the name of the pile. */
async function exportLabels(store: Store, id: string, format: Format, path: string): Promise<void> {
  const { dataset } = await store.clusterings.get(id);
  const names = await store.piles.list(id);
  const { documents, piles } = await store.clusterings.assignments(id);
  const fill = async (insert: (rows: string) => Promise<void>): Promise<void> => {
    for (let from = 0; from < documents.length; from += insertedTogether) {
      const part = documents.subarray(from, from + insertedTogether);
      await insert(Array.from(part, (document, i) => `(${document}, ${piles[from + i]})`).join(','));
    }
  };
  const named = names.map(({ pile, name }) => `(${pile}, ${literal(expertLetter(pile))}, ${literal(name)})`);
  const query = `
    SELECT documents.index, documents.id, names.letter AS pile, names.name AS pile_name, documents.domain
    FROM labels
    JOIN ${parquet(store, dataset)} AS documents ON documents.index = labels.document
    JOIN (VALUES ${named.join(',')}) AS names(pile, letter, name) ON names.pile = labels.pile
    ORDER BY documents.index`;
  await copyRows(query, format, path, fill);
}

const insertedTogether = 10_000;

function parquet(store: Store, dataset: string): string {
  return `read_parquet(${literal(join(store.datasets.folderOf(dataset), 'documents.parquet'))})`;
}

const copyOptions: Readonly<Record<'jsonl' | 'csv' | 'parquet', string>> = {
  jsonl: 'FORMAT json',
  csv: 'FORMAT csv, HEADER',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
};

async function copyRows(
  query: string,
  format: Format,
  path: string,
  fill?: (insert: (rows: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  if (format === 'json' || format === 'peft') throw new Error(`rows have no form ${format}`);
  const making = `${path}.${process.pid}.part`;
  const instance = await openDatabase({ memory: 256, temporary: `${making}.spill` });
  const connection = await instance.connect();
  try {
    await connection.run('CREATE TABLE labels (document INTEGER, pile INTEGER)');
    await fill?.(async (rows) => void (await connection.run(`INSERT INTO labels VALUES ${rows}`)));
    await connection.run(`COPY (${query}) TO ${literal(making)} (${copyOptions[format]})`);
    await rename(making, path);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(making, { force: true });
    await rm(`${making}.spill`, { recursive: true, force: true });
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  const making = `${to}.${process.pid}.part`;
  try {
    await cp(from, making, { recursive: true });
    await rename(making, to);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function measure(path: string): Promise<Result<'export'>> {
  const info = await stat(path);
  if (info.isFile()) return { files: [path], bytes: info.size };
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  let bytes = 0;
  for (const file of files) bytes += (await stat(file)).size;
  return { files, bytes };
}
