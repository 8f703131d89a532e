import type { LinkRecord } from '../../backend/protocol/labels';
import type {
  DatasetRecord,
  DocumentRow,
  QuestionRecord,
  QuestionSetRecord,
  RejectionRecord,
  Side,
} from '../../backend/protocol/records';
import type { BackendClient } from '../backend/client';
import type { DocumentContents } from '../documents/documents';
import { datasetItem } from './dataset-items';
import type { DocumentNode } from './documents';
import { joined, mapped, wholeList } from './lists';
import { type TreePage, PagedTree, type TreeRow, type Window } from './paged-tree';
import type * as vscode from 'vscode';

/** A part of a dataset that has a list of its own. */
export interface PartNode {
  readonly kind: 'part';
  readonly dataset: string;
  readonly part: Side | 'duplicates' | 'rejected' | 'links';
  /** Rows of its list. */
  readonly size: number;
}

export interface LinkNode {
  readonly kind: 'link';
  readonly id: string;
  readonly link: LinkRecord;
  readonly a: DocumentRow;
  readonly b: DocumentRow;
}

export type DatasetsNode =
  | { readonly kind: 'dataset'; readonly id: string; readonly record: DatasetRecord }
  | PartNode
  | DocumentNode
  | { readonly kind: 'rejection'; readonly place: number; readonly rejection: RejectionRecord }
  | LinkNode
  | { readonly kind: 'questions'; readonly id: string; readonly record: QuestionSetRecord }
  | {
      readonly kind: 'question part';
      readonly set: string;
      readonly part: QuestionRecord['part'];
      readonly size: number;
    }
  | { readonly kind: 'question'; readonly question: QuestionRecord };

const sides: readonly Side[] = ['train', 'validation', 'test'];
const questionParts: readonly QuestionRecord['part'][] = ['heldout', 'test'];

/** Datasets, the newest first: their sides, near-copies, rejected rows and links, down to the documents. Question sets stand below. */
export class DatasetsTree extends PagedTree<DatasetsNode> {
  constructor(
    client: BackendClient,
    private readonly contents: Pick<DocumentContents, 'uriOf'>,
  ) {
    super('polymath.datasets', client);
    this.subscriptions.push(
      client.onEvent((event) => {
        if (event.type !== 'changed') return;
        if (event.what === 'datasets' || event.what === 'questions') this.refresh();
        // A link that was removed does not tell of which dataset it was.
        if ((event.what === 'links' || event.what === 'exclusions') && !this.refreshBelow(event.id)) this.refresh();
      }),
    );
  }

  protected async load(parent: TreeRow<DatasetsNode> | undefined, window: Window): Promise<TreePage<DatasetsNode>> {
    if (parent === undefined) return this.roots(window);
    const node = parent.value;
    switch (node.kind) {
      case 'dataset':
        return this.parts(node.record, window);
      case 'part':
        return this.rowsOf(node, window);
      case 'questions': {
        const { id: set, questions } = node.record;
        const parts = questionParts.map(
          (part) => ({ kind: 'question part', set, part, size: questions[part] }) as const,
        );
        return wholeList(parts.filter(({ size }) => size > 0))(window);
      }
      case 'question part': {
        const { set, part } = node;
        const page = this.client.call('questions/list', { set, part, ...window });
        return mapped(page, window, (question) => ({ kind: 'question', question }));
      }
      case 'document':
      case 'rejection':
      case 'link':
      case 'question':
        return { total: 0, items: [] };
    }
  }

  protected idOf(node: DatasetsNode, parent: TreeRow<DatasetsNode> | undefined): string {
    return parent === undefined ? keyOf(node) : `${parent.id}/${keyOf(node)}`;
  }

  protected override opens({ value }: TreeRow<DatasetsNode>): Promise<vscode.Uri> | undefined {
    return value.kind === 'document' ? this.contents.uriOf(value) : undefined;
  }

  protected itemOf(row: TreeRow<DatasetsNode>): vscode.TreeItem {
    return datasetItem(row.value, this.opened(row));
  }

  private roots(window: Window): Promise<TreePage<DatasetsNode>> {
    return joined<DatasetsNode>(window, [
      (part) =>
        mapped(this.client.call('datasets/list', part), part, (record) => ({ kind: 'dataset', id: record.id, record })),
      (part) =>
        mapped(this.client.call('questions/sets', part), part, (record) => ({
          kind: 'questions',
          id: record.id,
          record,
        })),
    ]);
  }

  private async parts(
    { id: dataset, documents, duplicates, rejected }: DatasetRecord,
    window: Window,
  ): Promise<TreePage<PartNode>> {
    const { total: links } = await this.client.call('links/list', { dataset, limit: 1 });
    const part = (name: PartNode['part'], size: number): PartNode => ({ kind: 'part', dataset, part: name, size });
    const parts = [
      ...sides.map((side) => part(side, documents[side])),
      part('duplicates', duplicates.exact + duplicates.near),
      part('rejected', rejected),
      part('links', links),
    ];
    return wholeList(parts.filter(({ size }) => size > 0))(window);
  }

  private rowsOf({ dataset, part }: PartNode, window: Window): Promise<TreePage<DatasetsNode>> {
    switch (part) {
      case 'rejected':
        return mapped(this.client.call('rejections/list', { dataset, ...window }), window, (rejection, place) => ({
          kind: 'rejection',
          place,
          rejection,
        }));
      case 'links':
        return this.links(dataset, window);
      case 'duplicates':
        return this.documents(dataset, { duplicates: 'only' }, window);
      case 'train':
      case 'validation':
      case 'test':
        return this.documents(dataset, { side: part }, window);
    }
  }

  private documents(
    dataset: string,
    among: { readonly side: Side } | { readonly duplicates: 'only' },
    window: Window,
  ): Promise<TreePage<DocumentNode>> {
    const page = this.client.call('documents/list', { dataset, ...among, ...window });
    return mapped(page, window, (document) => ({ kind: 'document', dataset, index: document.index, document }));
  }

  private async links(dataset: string, { offset, limit }: Window): Promise<TreePage<LinkNode>> {
    // Each has two documents, and so many are told at once.
    const { total, items } = await this.client.call('links/list', { dataset, offset, limit: Math.min(limit, 500) });
    const indices = [...new Set(items.flatMap(({ a, b }) => [a, b]))];
    const documents = await this.client.call('documents/at', { dataset, indices });
    const byIndex = new Map(documents.map((document) => [document.index, document]));
    const nodes = items.flatMap((link): LinkNode[] => {
      const [a, b] = [byIndex.get(link.a), byIndex.get(link.b)];
      return a === undefined || b === undefined ? [] : [{ kind: 'link', id: link.id, link, a, b }];
    });
    return { total, items: nodes };
  }
}

function keyOf(node: DatasetsNode): string {
  switch (node.kind) {
    case 'part':
    case 'question part':
      return node.part;
    case 'document':
      return String(node.index);
    case 'rejection':
      return String(node.place);
    case 'question':
      return String(node.question.index);
    case 'dataset':
    case 'questions':
    case 'link':
      return node.id;
  }
}
