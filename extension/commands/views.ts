/** What is done with any row of the trees. */
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import { inTitle, onRow } from '../contributions/contribution';
import type { Polymath } from '../polymath';
import type { DatasetsNode } from '../views/datasets';
import type { ExpertsNode } from '../views/experts';
import type { FoundNode } from '../views/found';
import type { PilesNode } from '../views/piles';
import { chosenRows } from '../views/selection';
import type { CommandTable } from './command';

export const viewCommands: CommandTable = {
  'polymath.datasets.refresh': {
    title: 'Refresh Datasets',
    icon: 'refresh',
    palette: false,
    needs: 'backend',
    menus: [inTitle('datasets', 'navigation')],
    run: ({ datasets }) => datasets.refresh(),
  },
  'polymath.piles.refresh': {
    title: 'Refresh Piles',
    icon: 'refresh',
    palette: false,
    needs: 'backend',
    menus: [inTitle('piles', 'navigation@2')],
    run: ({ piles }) => piles.refresh(),
  },
  'polymath.experts.refresh': {
    title: 'Refresh Experts',
    icon: 'refresh',
    palette: false,
    needs: 'backend',
    menus: [inTitle('experts', 'navigation')],
    run: ({ experts }) => experts.refresh(),
  },
  'polymath.copyId': {
    title: 'Copy Id',
    needs: 'nothing',
    palette: false,
    menus: [
      onRow(
        ['datasets', 'piles', 'found', 'experts'],
        /^(dataset|document|link|questions|question|split|experts|mixer|evaluation|council)$/,
        '8_copy@1',
      ),
    ],
    run: copyId,
  },
};

type AnyNode = DatasetsNode | PilesNode | FoundNode | ExpertsNode;

async function copyId({ datasets, piles, found, experts }: Polymath, ...given: unknown[]): Promise<void> {
  const clicked = chosenRows<AnyNode>(given);
  const views = [datasets, piles, found, experts].map(({ view: { selection } }) => selection);
  const selected = views.map((rows) => chosenRows<AnyNode>([rows[0], rows]));
  const ids = [clicked, ...selected].map((rows) => rows.flatMap(({ value }) => idsOf(value)));
  const first = ids.find((found) => found.length > 0);
  if (first === undefined)
    throw new UserError('Nothing with an id is chosen.', 'Choose a row in one of the views first.');
  await vscode.env.clipboard.writeText(first.join('\n'));
}

/** The id by which commands and files know it: none for what only groups others. */
function idsOf(node: AnyNode): string[] {
  if ('id' in node) return [node.id];
  if (node.kind === 'document') return [node.document.id];
  return node.kind === 'question' ? [node.question.id] : [];
}
