import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import { documentViews, having, inDocument, onRow } from '../contributions/contribution';
import { openOriginal } from '../documents/original';
import { addressOf, type DocumentAddress, isAddress } from '../documents/uri';
import type { Polymath } from '../polymath';
import { chosenRows } from '../views/selection';
import type { CommandTable } from './command';

export const documentCommands: CommandTable = {
  'polymath.documents.open': {
    title: 'Open Document',
    icon: 'go-to-file',
    palette: having('datasets'),
    needs: 'backend',
    menus: [onRow(documentViews, 'document', '1_open@1')],
    run: open,
  },
  'polymath.documents.compare': {
    title: 'Compare Documents',
    icon: 'diff',
    palette: having('datasets'),
    needs: 'backend',
    menus: [onRow(documentViews, 'document', '1_open@2'), inDocument('editor/context', '1_open@2')],
    run: compare,
  },
  'polymath.documents.openOriginal': {
    title: 'Open Original File',
    icon: 'file-symlink-file',
    palette: having('datasets'),
    needs: 'backend',
    menus: [onRow(documentViews, 'document', '1_open@3'), inDocument('editor/context', '1_open@1')],
    run: original,
  },
};

/** The selected documents of a view, those that are named, or the one in the active editor. Throws UserError where there is none. */
export function chosenDocuments(given: readonly unknown[]): DocumentAddress[] {
  const named = [...chosenRows<unknown>(given).map(({ value }) => value), given[0]].filter(isAddress);
  const active = vscode.window.activeTextEditor?.document.uri;
  const address = active && addressOf(active);
  if (named.length > 0) return named;
  if (address !== undefined) return [address];
  throw new UserError('No document of a dataset is open.', 'Open one from the Datasets or Piles view.');
}

async function open({ documents }: Polymath, ...given: unknown[]): Promise<void> {
  const chosen = chosenDocuments(given);
  for (const address of chosen) await documents.open(address, { preview: chosen.length === 1 });
}

/** Two that are selected in a view; from an editor its document and another one that is open. */
async function compare({ documents }: Polymath, ...given: unknown[]): Promise<void> {
  const [first, second] = chosenDocuments(given);
  const other = second ?? (await chooseAnother(first, 'Compare with'));
  if (other === undefined) return;
  const [left, right] = [await documents.uriOf(first), await documents.uriOf(other)];
  await vscode.commands.executeCommand('vscode.diff', left, right, `${nameOf(left)} ↔ ${nameOf(right)}`);
}

const nameOf = ({ path }: vscode.Uri): string => path.slice(1);

/** Another document that is open. Throws UserError where there is none. */
export async function chooseAnother(than: DocumentAddress, title: string): Promise<DocumentAddress | undefined> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const picks = tabs.flatMap(({ input }) => {
    const uri = input instanceof vscode.TabInputText ? input.uri : undefined;
    const address = uri && addressOf(uri);
    if (uri === undefined || address === undefined) return [];
    return address.dataset === than.dataset && address.index === than.index ? [] : [{ label: nameOf(uri), address }];
  });
  if (picks.length === 0) {
    throw new UserError('No other document is open.', 'Open another one beside it, or select two in a view.');
  }
  return (await vscode.window.showQuickPick(picks, { title }))?.address;
}

async function original({ client, documents }: Polymath, ...given: unknown[]): Promise<void> {
  const [address] = chosenDocuments(given);
  const dataset = await client.call('datasets/get', { dataset: address.dataset });
  await openOriginal(dataset, await documents.get(address));
}
