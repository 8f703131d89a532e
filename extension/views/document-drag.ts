import * as vscode from 'vscode';
import { type Footer, TreeRow } from './paged-tree';
import type { PilesNode } from './piles';

const type = 'application/vnd.code.tree.polymath.piles';

type Element = TreeRow<PilesNode> | Footer<PilesNode>;

/** Drag of documents onto a pile, or onto a document that lies in it: the same as the command, which tells what goes wrong. */
export const documentDrag: vscode.TreeDragAndDropController<Element> = {
  dragMimeTypes: [type],
  dropMimeTypes: [type],

  handleDrag(source, transfer) {
    const documents = source.filter((row) => row instanceof TreeRow && row.value.kind === 'document');
    if (documents.length > 0) transfer.set(type, new vscode.DataTransferItem(documents));
  },

  async handleDrop(target, transfer) {
    const rows = transfer.get(type)?.value as Element[] | undefined;
    const to = target instanceof TreeRow ? pileOf(target) : undefined;
    if (rows === undefined || to === undefined) return;
    await vscode.commands.executeCommand('polymath.piles.move', rows[0], rows, to);
  },
};

/** Among the outliers it is not to be seen which pile a document lies in. */
function pileOf({ value, parent }: TreeRow<PilesNode>): { clustering: string; pile: number } | undefined {
  const node = value.kind === 'document' ? parent?.value : value;
  return node?.kind === 'pile' ? { clustering: node.clustering, pile: node.pile } : undefined;
}
