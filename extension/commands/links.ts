/** What people say of pairs of documents. */
import * as vscode from 'vscode';
import type { LinkRecord } from '../../backend/protocol/labels';
import { documentViews, having, onlyWhen, onRow } from '../contributions/contribution';
import { MissingStep, showDatasets, showPiles } from '../errors/missing';
import type { Polymath } from '../polymath';
import type { DatasetsNode } from '../views/datasets';
import type { FoundNode } from '../views/found';
import type { PilesNode } from '../views/piles';
import { chosenNodes } from '../views/selection';
import type { CommandTable } from './command';

export const linkCommands: CommandTable = {
  'polymath.links.must': {
    title: 'Link: Must Share a Pile',
    icon: 'link',
    palette: having('splits'),
    needs: 'backend',
    menus: [onlyWhen(onRow(documentViews, 'document', '2_label@2'), 'listDoubleSelection')],
    run: link('must'),
  },
  'polymath.links.cannot': {
    title: 'Link: Must Not Share a Pile',
    icon: 'debug-disconnect',
    palette: having('splits'),
    needs: 'backend',
    menus: [onlyWhen(onRow(documentViews, 'document', '2_label@3'), 'listDoubleSelection')],
    run: link('cannot'),
  },
  'polymath.links.remove': {
    title: 'Remove Link',
    icon: 'trash',
    palette: having('splits'),
    needs: 'backend',
    menus: [onRow('datasets', 'link', 'inline@1', '9_remove@1')],
    run: remove,
  },
};

function link(kind: LinkRecord['kind']) {
  return async ({ client, piles, datasets, found }: Polymath, ...given: unknown[]): Promise<void> => {
    const trees = [piles, datasets, found];
    const documents = chosenNodes<DatasetsNode | PilesNode | FoundNode, 'document'>(given, 'document', trees);
    const [dataset, another] = new Set(documents.map((document) => document.dataset));
    const [a, b, ...more] = new Set(documents.map(({ index }) => index));
    if (a === undefined || b === undefined || more.length > 0 || another !== undefined) {
      const next = 'Select the two in Datasets or Piles first.';
      throw new MissingStep('A link holds between two documents of one dataset.', next, [showDatasets, showPiles]);
    }
    await client.call('links/add', { dataset, kind, a, b });
    const meaning = kind === 'must' ? 'must share a pile' : 'must not share a pile';
    vscode.window.setStatusBarMessage(`Noted that the two documents ${meaning}.`, 5000);
  };
}

async function remove({ client, datasets }: Polymath, ...given: unknown[]): Promise<void> {
  const links = chosenNodes<DatasetsNode, 'link'>(given, 'link', [datasets]);
  if (links.length === 0) {
    throw new MissingStep('No link is chosen.', 'Choose it below its dataset first.', [showDatasets]);
  }
  for (const { id } of links) await client.call('links/remove', { link: id });
}
