/** What leaves the project for other programs: a question or three, the editor's own dialog for the place, a file. */
import { randomBytes } from 'node:crypto';
import { rename, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { formatBytes } from '../../backend/base/bytes';
import { UserError } from '../../backend/base/errors';
import type { Params } from '../../backend/protocol/messages';
import { chord, having, onRow } from '../contributions/contribution';
import type { Polymath } from '../polymath';
import { type Picker, pickCouncil, pickDataset, pickEvaluation, pickExperts, pickSplit } from '../wizard/pick';
import { type Ask, Only } from '../wizard/steps';
import type { CommandTable } from './command';

type What = Params<'export'>['what'];
type Format = Params<'export'>['format'];

interface Kind {
  readonly title: string;
  readonly icon: string;
  readonly detail: string;
  readonly pick: Picker<{ readonly id: string; readonly name: string }>;
  /** The usual one first. */
  readonly formats: readonly Format[];
}

const tables: readonly Format[] = ['jsonl', 'csv', 'parquet'];
const kinds: Readonly<Record<What, Kind>> = {
  experts: {
    title: 'Experts',
    icon: 'mortar-board',
    detail: 'A folder for each expert: an adapter as PEFT has it, or a whole model',
    pick: pickExperts,
    formats: ['peft'],
  },
  labels: {
    title: 'Labels',
    icon: 'tag',
    detail: 'The pile of each document of a split, with people’s moves',
    pick: pickSplit,
    formats: tables,
  },
  evaluation: {
    title: 'Evaluation',
    icon: 'graph',
    detail: 'All figures of an evaluation or a comparison, or its systems as a table',
    pick: pickEvaluation,
    formats: ['json', 'csv', 'md', 'tex'],
  },
  council: {
    title: 'Council',
    icon: 'comment-discussion',
    detail: 'Members, roles and instruction',
    pick: pickCouncil,
    formats: ['json'],
  },
  dataset: {
    title: 'Dataset',
    icon: 'database',
    detail: 'All documents with domain, side and metadata',
    pick: pickDataset,
    formats: tables,
  },
};

const formatTitles: Readonly<Record<Format, string>> = {
  jsonl: 'JSON Lines',
  csv: 'CSV',
  parquet: 'Parquet',
  json: 'JSON',
  md: 'Markdown',
  tex: 'LaTeX',
  peft: 'Folder',
};

export const exportCommands: CommandTable = {
  'polymath.export': {
    title: 'Export…',
    icon: 'export',
    needs: 'backend',
    keys: [chord('e')],
    run: (polymath) => exportOne(polymath),
  },
  'polymath.experts.export': {
    title: 'Export Experts…',
    icon: 'export',
    palette: having('experts'),
    needs: 'backend',
    menus: [onRow('experts', 'experts', '7_export@1')],
    run: exporter('experts'),
  },
  'polymath.splits.exportLabels': {
    title: 'Export Labels…',
    icon: 'export',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow('piles', 'split', '7_export@1')],
    run: exporter('labels'),
  },
  'polymath.evaluations.export': {
    title: 'Export Evaluation…',
    icon: 'export',
    palette: having('evaluations'),
    needs: 'backend',
    menus: [onRow('experts', 'evaluation', '7_export@1')],
    run: exporter('evaluation'),
  },
  'polymath.councils.export': {
    title: 'Export Council…',
    icon: 'export',
    palette: having('councils'),
    needs: 'backend',
    menus: [onRow('experts', 'council', '7_export@1')],
    run: exporter('council'),
  },
  'polymath.datasets.export': {
    title: 'Export Dataset…',
    icon: 'export',
    palette: having('datasets'),
    needs: 'backend',
    menus: [onRow('datasets', 'dataset', '7_export@1')],
    run: exporter('dataset'),
  },
};

function exporter(what: What) {
  return (polymath: Polymath, ...given: unknown[]): Promise<void> => exportOne(polymath, what, given);
}

/** `given`: what the editor hands to a command of a row. */
async function exportOne(polymath: Polymath, given?: What, row: readonly unknown[] = []): Promise<void> {
  const title = given === undefined ? 'Export' : `Export ${kinds[given].title}`;
  const { name, ...request } = await polymath.dialogs.run(title, undefined, async (ask) => {
    const what = given ?? (await ask.pick({ placeholder: 'Choose what to export', lines: kindLines() }));
    const { pick, formats } = kinds[what];
    const { id, name } = await pick(ask, polymath, row);
    const format = await ask.pick(() =>
      Promise.resolve(formats.length === 1 ? new Only(formats[0]) : formatList(formats)),
    );
    return { what, id, name, format, path: await askPlace(ask, name, what, format) };
  });
  const location = vscode.ProgressLocation.Window;
  const bytes = await vscode.window.withProgress({ location, title: `Exporting ${name}` }, () =>
    write(polymath, request),
  );
  await tell(`${name} is exported: ${formatBytes(bytes)}.`, vscode.Uri.file(request.path));
}

function kindLines() {
  return (Object.keys(kinds) as What[]).map((value) => {
    const { icon, title, detail } = kinds[value];
    return { label: `$(${icon}) ${title}`, detail, value };
  });
}

function formatList(formats: readonly Format[]) {
  const lines = formats.map((value) => ({ label: formatTitles[value], description: `.${value}`, value }));
  return { placeholder: 'Choose a format', lines };
}

/** The dialog itself asks before a file is overwritten. */
function askPlace(ask: Ask, name: string, what: What, format: Format): Promise<string> {
  const suffix = { experts: '', dataset: '', labels: ' labels', evaluation: '', council: ' council' }[what];
  // What some file system takes in no name.
  const base = `${name}${suffix}`.replace(/[\p{Cc}<>:"/\\|?*]+/gu, '-');
  const file = format === 'peft' ? base : `${base}.${format}`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return ask.question<string>(async () => {
    const uri = await vscode.window.showSaveDialog({
      title: ask.title,
      saveLabel: 'Export',
      ...(folder && { defaultUri: vscode.Uri.joinPath(folder, file) }),
      ...(format !== 'peft' && { filters: { [formatTitles[format]]: [format] } }),
    });
    if (uri === undefined) throw new vscode.CancellationError();
    if (uri.scheme === 'file') return uri.fsPath;
    throw new UserError(`${uri.toString()} is not on the disk of the backend.`, 'Choose a folder there.');
  });
}

/** Gives the bytes that were written. What stood in the place of a file stays until the new one is whole. */
async function write({ client }: Polymath, request: Params<'export'>): Promise<number> {
  const replaces = await stat(request.path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!replaces) return (await client.call('export', request)).bytes;
  const path = `${request.path}.${randomBytes(4).toString('hex')}.new`;
  const { bytes } = await client.call('export', { ...request, path });
  await rename(path, request.path);
  return bytes;
}

async function tell(message: string, uri: vscode.Uri): Promise<void> {
  const inExplorer = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  const command = inExplorer ? 'revealInExplorer' : 'revealFileInOS';
  // A window in a browser has no file manager to show it in.
  const canReveal = (await vscode.commands.getCommands(true)).includes(command);
  const answer = await vscode.window.showInformationMessage(message, ...(canReveal ? ['Reveal'] : []));
  if (answer === 'Reveal') await vscode.commands.executeCommand(command, uri);
}
