import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { DocumentContents } from '../documents/documents';
import type { SplitRecord, PileRecord, PileDomains } from '../../backend/protocol/records';
import type { BackendClient } from '../backend/client';
import type { PiledDocumentNode } from './documents';
import { wholeList } from './lists';
import { type TreePage, PagedTree, TreeRow, type Window } from './paged-tree';
import { documentDrag } from './document-drag';
import { pilesItem } from './pile-items';

export interface PileNode {
  readonly kind: 'pile';
  readonly clustering: string;
  readonly pile: number;
  readonly record: PileRecord;
  /** Documents that were clustered, in all piles. */
  readonly documents: number;
  /** Empty where the corpus has no gold domains, and while they are not known yet. */
  readonly domains: PileDomains['domains'];
}

/** The documents that fit no pile well, whichever they are in. */
export interface OutliersNode {
  readonly kind: 'outliers';
  readonly clustering: string;
  readonly size: number;
}

export type PilesNode = SplitNode | PileNode | OutliersNode | PiledDocumentNode;

export interface SplitNode {
  readonly kind: 'split';
  readonly id: string;
  readonly record: SplitRecord;
  /** What its dataset is called, where there are several. */
  readonly dataset?: string;
}

/** Documents of one split, by their indices in the dataset. */
export interface DocumentSelection {
  readonly clustering: string;
  readonly documents: readonly number[];
}

/** How long the piles wait for their gold domains before they are shown without, milliseconds: these take a look at every document. */
const patience = 150;

/** Splits, the newest first, with their piles and the documents in each, the surest first. */
export class PilesTree extends PagedTree<PilesNode> {
  /** What is dragged and where it may be dropped. */
  readonly drag = documentDrag;
  private readonly selection = new vscode.EventEmitter<DocumentSelection | undefined>();
  /** The documents that are selected, where they are of one split. */
  readonly onDidSelect = this.selection.event;
  /** Gold domains by split as they were last heard, and the questions for those that are true now. */
  private readonly domains = new Map<string, readonly PileDomains[]>();
  private readonly asked = new Map<string, Promise<readonly PileDomains[]>>();

  constructor(
    client: BackendClient,
    private readonly contents: Pick<DocumentContents, 'uriOf'>,
  ) {
    super('polymath.piles', client, { dragAndDropController: documentDrag });
    this.subscriptions.push(
      this.selection,
      this.view.onDidChangeSelection(() => this.selection.fire(this.selected)),
      client.onResync(() => this.asked.clear()),
      client.onEvent((event) => {
        if (event.type !== 'changed') return;
        // What is excluded or linked is so in all splits of its dataset.
        if (['splits', 'datasets', 'exclusions', 'links'].includes(event.what)) this.refresh();
        if (event.what === 'piles') this.changed(event.id);
      }),
    );
  }

  get selected(): DocumentSelection | undefined {
    const documents = this.view.selection.flatMap((row) =>
      row instanceof TreeRow && row.value.kind === 'document' ? [row.value] : [],
    );
    const [first] = documents;
    if (first === undefined || documents.some(({ clustering }) => clustering !== first.clustering)) return undefined;
    return { clustering: first.clustering, documents: documents.map(({ index }) => index) };
  }

  /** Selects a document in its pile, however far down it stands there. */
  async reveal(clustering: string, index: number): Promise<void> {
    const split = await this.child(undefined, clustering);
    const [document] = (await this.client.call('piles/documents', { clustering, documents: [index] })).items;
    if (split?.value.kind !== 'split' || document === undefined) return;
    const pile = await this.child(split, `${clustering}/${document.pile}`);
    if (pile === undefined) return;
    const { dataset } = split.value.record;
    await this.view.reveal(await this.admit(pile, { kind: 'document', dataset, clustering, index, document }));
  }

  protected async load(parent: TreeRow<PilesNode> | undefined, window: Window): Promise<TreePage<PilesNode>> {
    if (parent === undefined) {
      const { total, items } = await this.client.call('splits/list', window);
      const names = await this.datasetNames();
      return {
        total,
        items: items.map((record) => {
          const dataset = names.get(record.dataset);
          return { kind: 'split', id: record.id, record, ...(dataset !== undefined && { dataset }) };
        }),
      };
    }
    const node = parent.value;
    switch (node.kind) {
      case 'split':
        return wholeList<PilesNode>(await this.piles(node.record))(window);
      case 'pile':
        return this.documents(parent, { clustering: node.clustering, pile: node.pile }, window);
      case 'outliers':
        return this.documents(parent, { clustering: node.clustering, outliers: true }, window);
      case 'document':
        return { total: 0, items: [] };
    }
  }

  protected idOf(node: PilesNode, parent: TreeRow<PilesNode> | undefined): string {
    switch (node.kind) {
      case 'split':
        return node.id;
      case 'pile':
        return `${node.clustering}/${node.pile}`;
      case 'outliers':
        return `${node.clustering}/outliers`;
      case 'document':
        return `${parent?.id ?? ''}/${node.index}`;
    }
  }

  protected override opens({ value }: TreeRow<PilesNode>): Promise<vscode.Uri> | undefined {
    return value.kind === 'document' ? this.contents.uriOf(value) : undefined;
  }

  protected itemOf(row: TreeRow<PilesNode>): vscode.TreeItem {
    return pilesItem(row.value, this.opened(row));
  }

  /** Of the datasets by their ids; none where there is nothing to tell apart. */
  private async datasetNames(): Promise<ReadonlyMap<string, string>> {
    const { total, items } = await this.client.call('datasets/list', { limit: 1000 });
    return new Map(total < 2 ? [] : items.map(({ id, name }) => [id, name]));
  }

  private changed(clustering: string): void {
    this.asked.delete(clustering);
    this.refreshBelow(clustering);
  }

  private async piles(record: SplitRecord): Promise<PilesNode[]> {
    const { id: clustering, documents, outliers } = record;
    const [piles, domains] = await Promise.all([
      this.client.call('piles/list', { clustering }),
      this.domainsOf(record),
    ]);
    const nodes = piles.map((pile): PilesNode => ({
      kind: 'pile',
      clustering,
      pile: pile.pile,
      record: pile,
      documents,
      domains: domains[pile.pile]?.domains ?? [],
    }));
    return outliers > 0 ? [...nodes, { kind: 'outliers', clustering, size: outliers }] : nodes;
  }

  private async documents(
    parent: TreeRow<PilesNode>,
    among: { readonly clustering: string; readonly pile?: number; readonly outliers?: boolean },
    window: Window,
  ): Promise<TreePage<PilesNode>> {
    const split = parent.parent?.value;
    if (split?.kind !== 'split') return { total: 0, items: [] };
    const { dataset, id: clustering } = split.record;
    const { total, items } = await this.client.call('piles/documents', { ...among, order: 'confidence', ...window });
    return {
      total,
      items: items.map((document) => ({ kind: 'document', dataset, clustering, index: document.index, document })),
    };
  }

  /** On a large corpus they are known a moment after the piles are shown, which are then shown again. */
  private async domainsOf({ id, quality }: SplitRecord): Promise<readonly PileDomains[]> {
    // Only with gold domains is there a purity.
    if (quality.purity === undefined) return [];
    const asked = this.asked.get(id) ?? this.askDomains(id);
    let late = false;
    void asked.then(() => late && this.refreshBelow(id));
    const waited = sleep(patience).then(() => {
      late = true;
      return this.domains.get(id) ?? [];
    });
    return Promise.race([asked, waited]);
  }

  private askDomains(clustering: string): Promise<readonly PileDomains[]> {
    const asked = this.client.call('piles/domains', { clustering }).then(
      (piles) => {
        this.domains.set(clustering, piles);
        return piles;
      },
      // Piles can be worked with without them.
      () => [],
    );
    this.asked.set(clustering, asked);
    return asked;
  }
}
