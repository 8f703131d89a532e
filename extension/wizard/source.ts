/** What is imported: files that the explorer hands over or that a dialog finds, and what is seen of them before they are read. */
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import type { Raw } from '../../backend/base/settings';
import { formatBytes } from '../../backend/base/bytes';
import { importKind } from '../../backend/kinds/import/spec';
import type { SourceFacts } from '../../backend/protocol/catalog';
import type { BackendClient } from '../backend/client';
import { formatNumber } from '../format';
import type { ListChoice } from './boxes';
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

/** The file or folder of a corpus. */
export async function askSource(ask: Ask, given: readonly unknown[]): Promise<string> {
  const [path] = givenPaths(given);
  if (path !== undefined) return ask.only(path);
  const options = await ask.pick({ placeholder: 'Where is the corpus?', lines: places });
  const [chosen] = await ask.paths(options);
  return chosen;
}

/** Looks into a source as its import would read it. */
export class SourceLook {
  /** What was seen last. */
  facts: SourceFacts | undefined;

  constructor(
    private readonly client: BackendClient,
    private readonly source: string,
  ) {}

  async inspect(told: Raw, signal?: AbortSignal): Promise<SourceFacts> {
    const spec = { ...told, kind: 'import', source: this.source };
    this.facts = await this.client.call('source/inspect', { spec }, signal === undefined ? {} : { signal });
    return this.facts;
  }
}

/** "jsonl · 3 files · 2.1 MB", and below it what is read and what is not. Throws UserError where no column has texts. */
export function sourceText({ format, files, bytes, fields, columns, notes }: SourceFacts, told: Raw): string {
  if (fields.length > 0 && columns.text === undefined && told.textColumn === undefined) {
    throw new UserError(
      `No column looks like texts: ${fields.join(', ')}.`,
      `Choose ${importKind.settings.textColumn.label} below.`,
    );
  }
  return `${format} · ${formatNumber(files, 'file')} · ${formatBytes(bytes)}\n${notes.join(' ')}`;
}
