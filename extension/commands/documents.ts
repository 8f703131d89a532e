import * as vscode from 'vscode';
import { UserError } from '../../backend/protocol/errors';
import { openOriginal } from '../documents/original';
import { addressOf, type DocumentAddress, documentScheme, isAddress } from '../documents/uri';
import type { Polymath } from '../polymath';
import { chosenRows } from './selection';
import type { CommandTable } from './table';

export const documentCommands: CommandTable = {
  'polymath.documents.open': { needs: 'backend', run: open },
  'polymath.documents.compare': { needs: 'backend', run: compare },
  'polymath.documents.openOriginal': { needs: 'backend', run: original },
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
  const chosen = chosenDocuments(given);
  const uris = await Promise.all(chosen.slice(0, 2).map((address) => documents.uriOf(address)));
  const [left, right] = uris.length === 2 ? uris : [uris[0], await anotherThan(uris[0])];
  if (right === undefined) return;
  const title = `${nameOf(left)} ↔ ${nameOf(right)}`;
  await vscode.commands.executeCommand('vscode.diff', left, right, title);
}

const nameOf = ({ path }: vscode.Uri): string => path.slice(1);

async function anotherThan(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const open = tabs.flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri] : []));
  const others = open.filter(({ scheme, query }) => scheme === documentScheme && query !== uri.query);
  if (others.length === 0) {
    throw new UserError(
      'There is no other document to compare with.',
      'Select two documents in a view, or open another one first.',
    );
  }
  const picks = others.map((other) => ({ label: nameOf(other), other }));
  return (await vscode.window.showQuickPick(picks, { title: `Compare “${nameOf(uri)}” with` }))?.other;
}

async function original({ client, documents }: Polymath, ...given: unknown[]): Promise<void> {
  const [address] = chosenDocuments(given);
  const dataset = await client.call('datasets/get', { dataset: address.dataset });
  await openOriginal(dataset, await documents.get(address));
}
