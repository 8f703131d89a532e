/** What people say of pairs of documents. */
import * as vscode from 'vscode';
import type { Link } from '../../backend/protocol/records';
import type { Polymath } from '../polymath';
import type { DatasetsNode } from '../views/datasets';
import type { PilesNode } from '../views/piles';
import { MissingStep, showDatasets, showPiles } from './missing';
import { chosenNodes } from './selection';
import type { CommandTable } from './table';

export const linkCommands: CommandTable = {
  'polymath.links.must': { needs: 'backend', run: link('must') },
  'polymath.links.cannot': { needs: 'backend', run: link('cannot') },
  'polymath.links.remove': { needs: 'backend', run: remove },
};

function link(kind: Link['kind']) {
  return async ({ client, piles, datasets }: Polymath, ...given: unknown[]): Promise<void> => {
    const documents = chosenNodes<DatasetsNode | PilesNode, 'document'>(given, 'document', [piles, datasets]);
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
