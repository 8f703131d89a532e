import * as vscode from 'vscode';
import type { BackendClient } from '../backend/client';
import type { Disposable } from '../disposables';
import { errorText } from '../errors/show';
import { formatCount } from '../format';

const usualPage = 100;
/** Items that the backend gives at once. */
const largestPage = 1000;

export interface Window {
  readonly offset: number;
  readonly limit: number;
}

export interface TreePage<T> {
  /** Of the whole list. */
  readonly total: number;
  readonly items: readonly T[];
}

/** A row of a tree. It is the same object as long as its id is in the list, so that selection and expansion last. */
export class TreeRow<T> {
  constructor(
    readonly id: string,
    readonly parent: TreeRow<T> | undefined,
    public value: T,
  ) {}
}

/** Stands below a list that has more to show, or in the place of one that could not be read. A click carries it out. */
export class Footer<T> {
  constructor(
    readonly parent: TreeRow<T> | undefined,
    readonly item: vscode.TreeItem,
    readonly act: () => void,
  ) {}
}

interface Listing<T> {
  /** How many rows are wanted. */
  shown: number;
  rows: readonly TreeRow<T>[];
  /** Shown below them, though it stands further down in the list: until somebody asks for a refresh. */
  guest?: TreeRow<T> | undefined;
  /** The rows that are there are good: only those after them are to be read. */
  grows: boolean;
}

/** The command of a footer: not in the manifest, because it means nothing without one. */
const footerCommand = 'polymath.tree.act';

export function registerFooterCommand(): Disposable {
  return vscode.commands.registerCommand(footerCommand, (footer: Footer<unknown>) => footer.act());
}

/**
 * A tree over lists of the backend, however long: it reads a hundred rows, and more where asked to. A subclass says what the lists
 * hold and how a row looks; `refresh` reads again what is shown, `update` redraws one row.
 */
export abstract class PagedTree<T> implements vscode.TreeDataProvider<TreeRow<T> | Footer<T>>, Disposable {
  readonly view: vscode.TreeView<TreeRow<T> | Footer<T>>;
  protected readonly subscriptions: Disposable[] = [];
  private readonly change = new vscode.EventEmitter<TreeRow<T> | undefined>();
  readonly onDidChangeTreeData = this.change.event;
  /** By the id of the parent; the roots under ''. */
  private readonly listings = new Map<string, Listing<T>>();
  private readonly rows = new Map<string, TreeRow<T>>();
  /** Rows that were the first of all when they came. */
  private readonly firsts = new Set<string>();

  constructor(
    id: string,
    protected readonly client: BackendClient,
    options: Omit<vscode.TreeViewOptions<TreeRow<T> | Footer<T>>, 'treeDataProvider'> = {},
  ) {
    this.view = vscode.window.createTreeView(id, { canSelectMany: true, ...options, treeDataProvider: this });
    this.subscriptions.push(
      this.view,
      this.change,
      client.onResync(() => this.refresh()),
      // While it starts, what was there stays.
      client.onDidChangeState(({ kind }) => {
        if (kind !== 'starting' && kind !== 'ready') this.refresh();
      }),
    );
  }

  /** Rows that a list shows before anybody asks for more. */
  protected get pageSize(): number {
    return usualPage;
  }

  /** The rows that are shown below a row, or the roots. */
  protected rowsBelow(parent?: TreeRow<T>): readonly TreeRow<T>[] {
    return this.listings.get(parent?.id ?? '')?.rows ?? [];
  }

  /** A part of the list below a row, or of the roots. */
  protected abstract load(parent: TreeRow<T> | undefined, window: Window): Promise<TreePage<T>>;
  /** Differs between all rows of the tree, and stays the same for the same thing. */
  protected abstract idOf(value: T, parent: TreeRow<T> | undefined): string;
  protected abstract itemOf(row: TreeRow<T>): vscode.TreeItem;

  /** Reads again what is shown below a row, or everything. */
  refresh(row?: TreeRow<T>): void {
    for (const listing of this.listings.values()) listing.guest = undefined;
    this.change.fire(row);
  }

  /** Begins anew: other lists stand in the place of those that were shown. */
  protected restart(): void {
    this.listings.clear();
    this.rows.clear();
    this.change.fire(undefined);
  }

  /** Gives a row another value; false where it is not shown. */
  update(id: string, value: T): boolean {
    const row = this.rows.get(id);
    if (row === undefined) return false;
    row.value = value;
    this.change.fire(row);
    return true;
  }

  /** Reads again what is shown below the row of this id; false where it is not shown. */
  refreshBelow(id: string): boolean {
    const row = this.rows.get(id);
    if (row !== undefined) this.refresh(row);
    return row !== undefined;
  }

  /**
   * What a click on a row opens, where that is looked up only then. The editor opens it by itself: a click leaves the focus in the tree,
   * Enter goes in.
   */
  protected opens?(row: TreeRow<T>): Promise<vscode.Uri> | undefined;

  async resolveTreeItem(item: vscode.TreeItem, element: TreeRow<T> | Footer<T>): Promise<vscode.TreeItem> {
    const uri = element instanceof Footer ? undefined : await this.opens?.(element);
    if (uri !== undefined) item.command = { command: 'vscode.open', title: 'Open', arguments: [uri] };
    return item;
  }

  getParent(element: TreeRow<T> | Footer<T>): TreeRow<T> | undefined {
    return element.parent;
  }

  getTreeItem(element: TreeRow<T> | Footer<T>): vscode.TreeItem {
    if (element instanceof Footer) return element.item;
    const item = this.itemOf(element);
    item.id = element.id;
    return item;
  }

  async getChildren(parent?: TreeRow<T> | Footer<T>): Promise<(TreeRow<T> | Footer<T>)[]> {
    if (parent instanceof Footer) return [];
    const listing = this.listings.get(parent?.id ?? '') ?? { shown: this.pageSize, rows: [], grows: false };
    this.listings.set(parent?.id ?? '', listing);
    if (!(await this.client.mayLook())) return [];
    try {
      const total = await this.read(parent, listing);
      const { rows, guest } = listing;
      const shown = guest === undefined || rows.includes(guest) ? [...rows] : [...rows, guest];
      const hidden = total - shown.length;
      return hidden > 0 ? [...shown, this.more(parent, listing, hidden)] : shown;
    } catch (error) {
      return [this.trouble(parent, error)];
    }
  }

  /** Where it was the newest at the time when it came, what a person came for is likely below it. */
  protected opened({ id }: TreeRow<T>): vscode.TreeItemCollapsibleState {
    const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
    return this.firsts.has(id) ? Expanded : Collapsed;
  }

  /** The row of an id below a parent, read where it has not been shown yet. Only the first rows of a list are looked through. */
  protected async child(parent: TreeRow<T> | undefined, id: string): Promise<TreeRow<T> | undefined> {
    if (!this.rows.has(id)) await this.getChildren(parent);
    return this.rows.get(id);
  }

  /** Shows a value of the list below a row, however far down it stands there. */
  protected async admit(parent: TreeRow<T>, value: T): Promise<TreeRow<T>> {
    if (!this.listings.has(parent.id)) await this.getChildren(parent);
    const row = this.rowOf(value, parent);
    const listing = this.listings.get(parent.id);
    if (listing === undefined || listing.rows.includes(row)) return row;
    listing.guest = row;
    this.change.fire(parent);
    return row;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async read(parent: TreeRow<T> | undefined, listing: Listing<T>): Promise<number> {
    const rows = listing.grows ? [...listing.rows] : [];
    let total = Infinity;
    while (rows.length < Math.min(listing.shown, total)) {
      const limit = Math.min(largestPage, listing.shown - rows.length);
      const page = await this.load(parent, { offset: rows.length, limit });
      total = page.items.length === 0 ? rows.length : page.total;
      for (const value of page.items) rows.push(this.rowOf(value, parent));
    }
    const kept = new Set([...rows, listing.guest]);
    for (const row of listing.rows) if (!kept.has(row)) this.forget(row);
    if (parent === undefined && rows.length > 0) this.firsts.add(rows[0].id);
    listing.rows = rows;
    listing.grows = false;
    return total;
  }

  private forget({ id }: TreeRow<T>): void {
    this.rows.delete(id);
    for (const row of this.listings.get(id)?.rows ?? []) this.forget(row);
    this.listings.delete(id);
  }

  private rowOf(value: T, parent: TreeRow<T> | undefined): TreeRow<T> {
    const id = this.idOf(value, parent);
    const row = this.rows.get(id) ?? new TreeRow(id, parent, value);
    row.value = value;
    this.rows.set(id, row);
    return row;
  }

  private more(parent: TreeRow<T> | undefined, listing: Listing<T>, hidden: number): Footer<T> {
    // As many again as there are: a thousand rows are four clicks away.
    const step = Math.min(hidden, listing.rows.length, largestPage);
    const item = footerItem(parent, 'more', `${formatCount(step)} More…`, 'ellipsis');
    if (hidden > step) item.description = `${formatCount(hidden)} not shown`;
    return withCommand(
      new Footer(parent, item, () => {
        listing.shown = listing.rows.length + step;
        listing.grows = true;
        this.change.fire(parent);
      }),
    );
  }

  private trouble(parent: TreeRow<T> | undefined, error: unknown): Footer<T> {
    const message = error instanceof Error ? error.message : String(error);
    const item = footerItem(parent, 'trouble', message, 'warning');
    item.tooltip = errorText(error);
    item.description = 'click to try again';
    return withCommand(new Footer(parent, item, () => this.change.fire(parent)));
  }
}

function footerItem(parent: TreeRow<unknown> | undefined, kind: string, label: string, icon: string): vscode.TreeItem {
  const item = new vscode.TreeItem(label);
  item.id = `${parent?.id ?? ''}/${kind}`;
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = 'footer';
  return item;
}

function withCommand<T>(footer: Footer<T>): Footer<T> {
  footer.item.command = { command: footerCommand, title: 'Show', arguments: [footer] };
  return footer;
}
