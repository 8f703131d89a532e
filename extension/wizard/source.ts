/** What is imported: files that the explorer hands over or that a dialog finds, and what is seen of them before they are read. */
import * as vscode from 'vscode';
import { dirname } from 'node:path';
import type { Raw } from '../../backend/base/settings';
import { formatBytes } from '../../backend/base/bytes';
import { requireImportable } from '../../backend/kinds/import/plan';
import type { SourceFacts } from '../../backend/protocol/catalog';
import type { BackendClient } from '../backend/client';
import { formatNumber } from '../format';
import { heading, type ListChoice } from './boxes';
import type { Ask } from './steps';

/** Paths of the files and folders that a command was called on. */
export function givenPaths([clicked, selected]: readonly unknown[]): readonly string[] {
  const uris: unknown[] = Array.isArray(selected) && selected.length > 0 ? selected : [clicked];
  return uris.filter((uri): uri is vscode.Uri => uri instanceof vscode.Uri).map(({ fsPath }) => fsPath);
}

const tables = ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'tab', 'parquet', 'pq', 'arrow', 'feather'];
const filters = { Corpora: [...tables, 'txt', 'text', 'md', 'gz', 'zst'], 'All files': ['*'] };
const places: readonly ListChoice<vscode.OpenDialogOptions>[] = [
  {
    label: '$(file) File…',
    detail: 'JSON, CSV, TSV, Parquet, Arrow, or one big text; also compressed with gzip or zstd',
    value: { filters, openLabel: 'Import' },
  },
  {
    label: '$(folder) Folder…',
    detail:
      'Tables of data, or a document in each text file with folders as domains; train, validation and test give the sides',
    value: { canSelectFiles: false, canSelectFolders: true, openLabel: 'Import' },
  },
];

const sample: ListChoice<string> = {
  label: '$(book) Sample Corpus',
  description: 'comes with Polymath',
  detail: 'Nearly four thousand passages of six domains',
  value: 'sample',
};

/** The file or folder of a corpus: those of the workspace come first. */
export async function askSource(ask: Ask, given: readonly unknown[]): Promise<string> {
  const [path] = givenPaths(given);
  if (path !== undefined) return ask.only(path);
  const chosen = await ask.pick<string | vscode.OpenDialogOptions>(async () => {
    const here = await corporaHere();
    const found = here.length === 0 ? [] : [heading('In this workspace'), ...here, heading('Elsewhere')];
    return { placeholder: 'Where is the corpus?', lines: [...found, ...places, sample] };
  });
  return typeof chosen === 'string' ? ask.only(chosen) : (await ask.paths(chosen))[0];
}

/** Corpora that are listed, files that are looked at, and texts that make a folder a corpus. */
const [mostListed, mostFound, fewestTexts] = [12, 2000, 5];
const notCorpora = '{**/node_modules/**,**/.*/**,**/dist/**,**/build/**,**/out/**}';

/** Files and folders of the workspace that look like corpora, those nearest to its top first. */
async function corporaHere(): Promise<readonly ListChoice<string>[]> {
  const find = (pattern: string): Thenable<vscode.Uri[]> => vscode.workspace.findFiles(pattern, notCorpora, mostFound);
  const [files, texts] = await Promise.all([
    find('**/*.{jsonl,ndjson,csv,tsv,parquet,arrow,jsonl.gz,jsonl.zst,csv.gz,csv.zst}'),
    find('**/*.txt'),
  ]);
  const folders = new Map<string, number>();
  for (const { fsPath } of texts) folders.set(dirname(fsPath), (folders.get(dirname(fsPath)) ?? 0) + 1);
  const named = (path: string): string => vscode.workspace.asRelativePath(path, false);
  const depth = (path: string): number => named(path).split('/').length;
  const line = (icon: string, path: string, description = ''): ListChoice<string> => ({
    label: `$(${icon}) ${named(path)}`,
    description,
    value: path,
  });
  return [
    ...files.map(({ fsPath }) => line('file', fsPath)),
    ...[...folders]
      .filter(([, count]) => count >= fewestTexts)
      .map(([path, count]) => line('folder', path, formatNumber(count, 'text'))),
  ]
    .sort((a, b) => depth(a.value) - depth(b.value) || a.value.localeCompare(b.value))
    .slice(0, mostListed);
}

/** Looks into a source as its import would read it. */
export class SourceLook {
  /** What was seen last. */
  facts: SourceFacts | undefined;

  constructor(
    private readonly client: BackendClient,
    readonly source: string,
  ) {}

  async inspect(told: Raw, signal?: AbortSignal): Promise<SourceFacts> {
    const spec = { ...told, kind: 'import', source: this.source };
    this.facts = await this.client.call('source/inspect', { spec }, signal === undefined ? {} : { signal });
    return this.facts;
  }
}

/** "jsonl · 3 files · 2.1 MB · 1,000 documents", and below it what is read and what is not. Throws UserError where the import must fail. */
export function sourceText(facts: SourceFacts, told: Raw): string {
  requireImportable(facts, told);
  const { format, files, bytes, notes } = facts;
  const documents = documentsText(facts);
  return `${format} · ${formatNumber(files, 'file')} · ${formatBytes(bytes)} · ${documents}\n${[...notes, ...leftOut(facts)].join(' ')}`;
}

/** "1,000 documents", or about so many where only the head was looked at. */
export function documentsText({ documents: { total, all } }: SourceFacts): string {
  return `${all ? '' : 'about '}${formatNumber(total, 'document')}`;
}

/** What of the records that were looked at is left out, in a sentence; none where all is read. */
export function leftOut({ rejected: { count, first } }: SourceFacts): readonly string[] {
  if (count === 0) return [];
  const reasons = first.map(({ file, line, reason }) => `${file}, line ${line}: ${reason}`).join('; ');
  return [`Left out: ${formatNumber(count, 'record')} (${reasons}).`];
}
