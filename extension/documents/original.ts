import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import type { DatasetRecord, FullDocument } from '../../backend/protocol/records';
import { UserError } from '../../backend/base/errors';

/** Shows the file of the user that a document was read from, at its line. Throws UserError where that cannot be shown. */
export async function openOriginal({ source }: DatasetRecord, { file, line }: FullDocument): Promise<void> {
  if (source.format === 'sample') {
    throw new UserError(`“${file}” is a part of the sample corpus, which is no file.`, 'Read the document itself.');
  }
  const path = await find(source.path, file);
  if (path === undefined) {
    throw new UserError(
      `The file ${file} that the document was read from is not in ${source.path} any more.`,
      'The document itself is kept in the project.',
    );
  }
  if (source.format === 'parquet' || /\.(gz|zst)$/i.test(path)) {
    await vscode.env.clipboard.writeText(path);
    throw new UserError(
      `${path} is not a text file: the document is its record ${line}.`,
      'Its path is on the clipboard: open it with another program.',
    );
  }
  const place = new vscode.Position(Math.max(0, line - 1), 0);
  await vscode.window.showTextDocument(vscode.Uri.file(path), {
    preview: true,
    selection: new vscode.Range(place, place),
  });
}

/** Names of files are given from the folder that was imported, from that of a file, or from where a pattern begins. */
async function find(source: string, file: string): Promise<string | undefined> {
  const path = resolve(source);
  const pattern = /[*?[{]/.exec(path);
  const places = [join(path, file)];
  if (basename(path) === file) places.push(path);
  if (pattern !== null) places.push(join(dirname(`${path.slice(0, pattern.index)}x`), file));
  for (const place of places) if (await isFile(place)) return place;
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}
