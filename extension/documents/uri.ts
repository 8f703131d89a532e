import * as vscode from 'vscode';

/** The scheme of the documents of datasets: read-only, and never a file. */
export const documentScheme = 'polymath-document';

/** A document of a dataset, in the light of a split where one is named. */
export interface DocumentAddress {
  readonly dataset: string;
  /** Its position in the dataset, from 0. */
  readonly index: number;
  readonly clustering?: string;
}

/** Whether it names a document: rows of views and arguments of commands do. */
export function isAddress(value: unknown): value is DocumentAddress {
  if (typeof value !== 'object' || value === null) return false;
  const { dataset, index, clustering } = value as Partial<Record<keyof DocumentAddress, unknown>>;
  return (
    typeof dataset === 'string' &&
    typeof index === 'number' &&
    (clustering === undefined || typeof clustering === 'string')
  );
}

/** The same for the same address, and different from all others'. */
export function keyOf({ dataset, index, clustering }: DocumentAddress): string {
  return [dataset, index, ...(clustering === undefined ? [] : [clustering])].join('/');
}

/** `title` is what its tab shows, with the extension that the editor knows its language by. */
export function documentUri(address: DocumentAddress, title: string): vscode.Uri {
  return vscode.Uri.from({
    scheme: documentScheme,
    path: `/${title.replaceAll(/[/\\]/g, '∕')}`,
    query: keyOf(address),
  });
}

/** Undefined where the URI is not one of a document. */
export function addressOf({ scheme, query }: vscode.Uri): DocumentAddress | undefined {
  if (scheme !== documentScheme) return undefined;
  const [dataset, index, clustering] = query.split('/');
  if (!/^\d+$/.test(index ?? '')) return undefined;
  return { dataset, index: Number(index), ...(clustering === undefined ? {} : { clustering }) };
}
