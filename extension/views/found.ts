import * as vscode from 'vscode';
import type { FoundDocument, FoundPage, Stretch } from '../../backend/protocol/find';
import { expertLetter } from '../../backend/base/letter';
import { parseQuery } from '../../backend/search/query';
import { bestMatch, matchesIn, nearFind } from '../../backend/search/snippet';
import type { BackendClient } from '../backend/client';
import type { DocumentContents } from '../documents/documents';
import { documentName } from '../documents/title';
import { formatCount } from '../format';
import { type DocumentNode, figuresOf, iconOf, notesOf, type PiledDocumentNode } from './documents';
import { type TreePage, PagedTree, type TreeRow, type Window } from './paged-tree';
import { letterIcon } from './pile-items';
import { figuresTooltip } from './tooltip';

/** What is looked for, and where: in the newest dataset and its newest split by default. */
export interface Search {
  readonly query: string;
  readonly dataset?: string;
  readonly clustering?: string;
  /** Its last word may be the beginning of one. */
  readonly typing?: boolean;
}

export type FoundNode = (DocumentNode | PiledDocumentNode) & { readonly found: FoundDocument };

/** A document as it was found. */
export function foundNode(found: FoundDocument, { dataset, split }: Pick<FoundPage, 'dataset' | 'split'>): FoundNode {
  const { document, placed } = found;
  const place = { kind: 'document', dataset: dataset?.id ?? '', index: document.index, found } as const;
  if (placed === undefined || split === undefined) return { ...place, document };
  return { ...place, clustering: split.id, document: placed };
}

/** Pieces of texts take longer to read than names. */
const pageSize = 50;

/** What was found last, as it is now: it stays until something else is looked for. */
export class FoundTree extends PagedTree<FoundNode> {
  search: Search | undefined;
  private readonly marks = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor('editor.findMatchHighlightBackground'),
    border: '1px dotted',
    borderColor: new vscode.ThemeColor('editor.findMatchHighlightBorder'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.findMatchForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Center,
  });

  constructor(
    client: BackendClient,
    private readonly contents: Pick<DocumentContents, 'open'>,
  ) {
    super('polymath.found', client);
    this.subscriptions.push(
      this.marks,
      client.onEvent((event) => {
        if (event.type !== 'changed' || this.search === undefined) return;
        if (['piles', 'exclusions', 'links', 'datasets', 'splits'].includes(event.what)) this.refresh();
      }),
    );
  }

  /** Shows what is found, in the place of what was; nothing where nothing is looked for. */
  async show(search: Search | undefined): Promise<void> {
    this.search = search;
    await vscode.commands.executeCommand('setContext', 'polymath.found', search !== undefined);
    this.restart();
  }

  /** Gives the focus to the row of a document, or to the first. */
  async focus(index?: number): Promise<void> {
    const rows = await this.roots();
    const row = rows.find(({ value }) => value.index === index) ?? rows.at(0);
    if (row === undefined) await vscode.commands.executeCommand('polymath.found.focus');
    else await this.view.reveal(row, { select: true, focus: true });
  }

  /** Selects and opens the row so many after the one that is selected. */
  async step(by: number): Promise<void> {
    const rows = await this.roots();
    const selected = rows.findIndex((row) => row === this.view.selection[0]);
    const row = rows.at((Math.max(selected, by > 0 ? -1 : 0) + by) % rows.length);
    if (row === undefined) return;
    await this.view.reveal(row, { select: true, focus: false });
    await this.open(row.value);
  }

  /** Opens a document where it has the most of what was looked for; the focus stays where it is. */
  async open(node: FoundNode, search = this.search): Promise<void> {
    const editor = await this.contents.open(node, { preview: true, preserveFocus: true });
    const { required } = parseQuery(search?.query ?? '', search?.typing);
    const { document } = editor;
    const matches = matchesIn(document.getText(), required);
    const rangeOf = ({ start, end }: Stretch): vscode.Range =>
      new vscode.Range(document.positionAt(start), document.positionAt(end));
    editor.setDecorations(this.marks, matches.map(rangeOf));
    const best = bestMatch(matches);
    if (best === undefined) return;
    const range = rangeOf(best);
    editor.selection = new vscode.Selection(range.start, range.end);
    editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  protected override get pageSize(): number {
    return pageSize;
  }

  protected async load(parent: TreeRow<FoundNode> | undefined, window: Window): Promise<TreePage<FoundNode>> {
    if (parent !== undefined || this.search === undefined) return { total: 0, items: [] };
    const page = await this.client.call('documents/find', { ...this.search, ...window });
    this.view.description = `${formatCount(page.total)} · ${this.search.query}`;
    return { total: page.total, items: page.items.map((found) => foundNode(found, page)) };
  }

  protected idOf({ dataset, index }: FoundNode): string {
    return `${dataset}/${index}`;
  }

  protected itemOf(row: TreeRow<FoundNode>): vscode.TreeItem {
    const item = foundItem(row.value);
    item.command = { command: 'polymath.found.open', title: 'Open', arguments: [row] };
    return item;
  }

  private async roots(): Promise<readonly TreeRow<FoundNode>[]> {
    if (this.rowsBelow().length === 0) await this.getChildren();
    return this.rowsBelow();
  }
}

/** Characters before what was found: a narrow view shows few after them. */
const before = 12;

/** The line in which it was found, as the editor's own search has it; without words the document's name. */
function foundItem(node: FoundNode): vscode.TreeItem {
  const { document, found } = node;
  const { text, marks } = nearFind(found.snippet, before);
  const name = documentName(document.id, document.preview, 32);
  const { placed } = found;
  const letter = placed === undefined ? [] : [expertLetter(placed.pile)];
  const notes = notesOf(document);
  const lead = letter.map((one) => `${one}  `).join('');
  const highlights = marks.map(({ start, end }): [number, number] => [lead.length + start, lead.length + end]);
  const item = new vscode.TreeItem({ label: `${lead}${marks.length === 0 ? name : text}`, highlights });
  item.description = [...notes, marks.length === 0 ? '' : name].filter(Boolean).join(' · ');
  item.iconPath =
    placed === undefined || document.excluded === true
      ? new vscode.ThemeIcon(iconOf(document))
      : letterIcon(placed.pile);
  item.contextValue = 'document';
  item.tooltip = figuresTooltip(document.id, figuresOf(document), text);
  item.accessibilityInformation = {
    label: [document.id, ...letter.map((one) => `Pile ${one}`), ...notes, text].join(', '),
  };
  return item;
}
