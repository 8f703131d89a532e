import type * as vscode from 'vscode';
import { letterIndex } from '../../backend/base/letter';
import type { CouncilRecord } from '../../backend/protocol/councils';
import type { ExpertSetRecord, MixerRecord, PerplexityTable } from '../../backend/protocol/records';
import type { Result } from '../../backend/protocol/messages';
import type { BackendClient } from '../backend/client';
import { expertsItem } from './expert-items';
import { wholeList } from './lists';
import { type TreePage, PagedTree, type TreeRow, type Window } from './paged-tree';

type Evaluation = Result<'evaluations/list'>['items'][number];

export interface ExpertNode {
  readonly kind: 'expert';
  readonly experts: string;
  readonly expert: ExpertSetRecord['experts'][number];
  /** The number of its letter, which gives its colour. */
  readonly number: number;
  /** Perplexity on the test documents of the base model and with the adapter, where an evaluation has them. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}

export type ExpertsNode =
  | { readonly kind: 'experts'; readonly id: string; readonly record: ExpertSetRecord }
  | { readonly kind: 'base'; readonly model: string; readonly perplexity?: number | undefined }
  | ExpertNode
  | { readonly kind: 'mixer'; readonly id: string; readonly record: MixerRecord }
  | { readonly kind: 'evaluation'; readonly id: string; readonly record: Evaluation; readonly table?: PerplexityTable }
  | { readonly kind: 'council'; readonly id: string; readonly record: CouncilRecord };

const changes = ['experts', 'mixers', 'councils', 'evaluations'];
/** A set of experts has few of anything: this is more than anybody makes. */
const all = { limit: 1000 };

/** Sets of experts, the newest first: the base model, each expert, mixers, councils and evaluations. */
export class ExpertsTree extends PagedTree<ExpertsNode> {
  constructor(client: BackendClient) {
    super('polymath.experts', client);
    this.subscriptions.push(
      client.onEvent((event) => {
        if (event.type === 'changed' && changes.includes(event.what)) this.refresh();
      }),
    );
  }

  protected async load(parent: TreeRow<ExpertsNode> | undefined, window: Window): Promise<TreePage<ExpertsNode>> {
    if (parent === undefined) {
      const { total, items } = await this.client.call('experts/list', window);
      return { total, items: items.map((record) => ({ kind: 'experts', id: record.id, record })) };
    }
    const nodes = parent.value.kind === 'experts' ? await this.belongings(parent.value.record) : [];
    return wholeList(nodes)(window);
  }

  protected idOf(node: ExpertsNode, parent: TreeRow<ExpertsNode> | undefined): string {
    return parent === undefined ? keyOf(node) : `${parent.id}/${keyOf(node)}`;
  }

  protected itemOf(row: TreeRow<ExpertsNode>): vscode.TreeItem {
    const item = expertsItem(row.value, this.opened(row));
    if (row.value.kind === 'evaluation')
      item.command = { command: 'polymath.pages.evaluation', title: 'Open Evaluation', arguments: [row] };
    return item;
  }

  private async belongings(set: ExpertSetRecord): Promise<ExpertsNode[]> {
    const [mixers, councils, evaluations] = await Promise.all([
      this.client.call('mixers/list', { experts: set.id, ...all }),
      this.client.call('councils/list', all),
      this.client.call('evaluations/list', all),
    ]);
    const own = evaluations.items.filter(({ experts }) => experts === set.id);
    const tables = new Map<string, PerplexityTable>();
    for (const { id, kind } of own) if (kind === 'perplexity') tables.set(id, await this.tableOf(id));
    const [newest] = tables.values();
    const perplexity = (name: string): number | undefined =>
      newest?.systems.find((system) => system.name.startsWith(name))?.macro;
    const before = perplexity('Base model');
    return [
      { kind: 'base', model: set.model, perplexity: before },
      ...set.experts.map((expert, place): ExpertNode => {
        const after = perplexity(`Expert ${expert.letter} `);
        const number = letterIndex(expert.letter) ?? place;
        return { kind: 'expert', experts: set.id, expert, number, before, after };
      }),
      ...mixers.items.map((record): ExpertsNode => ({ kind: 'mixer', id: record.id, record })),
      ...councils.items
        .filter(({ experts }) => experts === set.id)
        .map((record): ExpertsNode => ({ kind: 'council', id: record.id, record })),
      ...own.map((record): ExpertsNode => {
        const table = tables.get(record.id);
        return { kind: 'evaluation', id: record.id, record, ...(table && { table }) };
      }),
    ];
  }

  private async tableOf(evaluation: string): Promise<PerplexityTable> {
    const { result } = await this.client.call('evaluations/get', { evaluation });
    // What is in it, its kind tells.
    return result as PerplexityTable;
  }
}

function keyOf(node: ExpertsNode): string {
  switch (node.kind) {
    case 'base':
      return 'base';
    case 'expert':
      return node.expert.letter;
    case 'experts':
    case 'mixer':
    case 'evaluation':
    case 'council':
      return node.id;
  }
}
