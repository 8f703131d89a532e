/** What is done with any row of the trees. */
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import type { Polymath } from '../polymath';
import type { DatasetsNode } from '../views/datasets';
import type { ExpertsNode } from '../views/experts';
import type { PilesNode } from '../views/piles';
import { chosenRows } from './selection';
import type { CommandTable } from './table';

export const viewCommands: CommandTable = {
  'polymath.datasets.refresh': { needs: 'backend', run: ({ datasets }) => datasets.refresh() },
  'polymath.piles.refresh': { needs: 'backend', run: ({ piles }) => piles.refresh() },
  'polymath.experts.refresh': { needs: 'backend', run: ({ experts }) => experts.refresh() },
  'polymath.copyId': { needs: 'nothing', run: copyId },
};

async function copyId({ datasets, piles, experts }: Polymath, ...given: unknown[]): Promise<void> {
  const clicked = chosenRows<DatasetsNode | PilesNode | ExpertsNode>(given);
  const views = [datasets, piles, experts].map(({ view: { selection } }) => selection);
  const selected = views.map((rows) => chosenRows<DatasetsNode | PilesNode | ExpertsNode>([rows[0], rows]));
  const ids = [clicked, ...selected].map((rows) => rows.flatMap(({ value }) => idsOf(value)));
  const first = ids.find((found) => found.length > 0);
  if (first === undefined)
    throw new UserError('Nothing with an id is chosen.', 'Choose a row in one of the views first.');
  await vscode.env.clipboard.writeText(first.join('\n'));
}

/** The id by which commands and files know it: none for what only groups others. */
function idsOf(node: DatasetsNode | PilesNode | ExpertsNode): string[] {
  if ('id' in node) return [node.id];
  if (node.kind === 'document') return [node.document.id];
  return node.kind === 'question' ? [node.question.id] : [];
}
