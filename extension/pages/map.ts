/** Serves the page of the map: the layout of a split with the piles as they are now, and the selection of the tree. */
import * as vscode from 'vscode';
import { expertLetter } from '../../backend/base/letter';
import type { SplitRecord } from '../../backend/protocol/records';
import type { State, ToHost, ToPage } from '../../webview/map/protocol';
import { having, onRow } from '../contributions/contribution';
import { Disposables } from '../disposables';
import { errorText } from '../errors/show';
import { moveDocuments } from '../labels/move';
import { pickSplit } from '../wizard/pick';
import type { PageLine, Page, PageParts, Server } from './page';

/** Documents that are asked for at once. */
const most = 1000;
/** Documents of a selection that the page lists. */
const mostListed = 200;

export const mapPage: Page<ToPage, ToHost, State, string> = {
  title: 'Map',
  command: {
    title: 'Open Map',
    icon: 'graph-scatter',
    palette: having('splits'),
    menus: [onRow('piles', 'split', 'inline@0', '1_open@1')],
  },
  // Of the split whose row it is; from the palette of one that is chosen.
  choose: async (parts, given) => (await parts.dialogs.run('Map', 1, (ask) => pickSplit(ask, parts, given))).id,
  protocol: () => import('../../webview/map/protocol'),
  restored: ({ clustering }) => clustering,
  serve: (parts, line) => new MapServer(parts, line),
};

class MapServer extends Disposables implements Server<ToHost, string> {
  private clustering = '';
  private record: SplitRecord | undefined;
  private selected: readonly number[] = [];
  /** The document that was selected in the tree for the sake of the map: the tree's word of it is none of a person. */
  private revealed: number | undefined;
  /** Only the latest answer counts. */
  private asked = 0;

  constructor(
    private readonly parts: PageParts,
    private readonly line: PageLine<ToPage>,
  ) {
    super();
    const { client, piles } = parts;
    this.add(client.onResync(() => void this.tell()));
    this.add(
      client.onEvent((event) => {
        if (event.type === 'changed' && event.what === 'piles' && event.id === this.clustering) void this.tell();
      }),
    );
    this.add(
      piles.onDidSelect((selection) => {
        if (selection?.clustering === this.clustering) this.follow(selection.documents);
      }),
    );
  }

  show(clustering: string): void {
    this.clustering = clustering;
    this.selected = [];
    void this.tell();
  }

  async receive(message: ToHost): Promise<void> {
    const { clustering, record } = this;
    switch (message.type) {
      case 'ready':
      case 'retry':
        return this.tell();
      case 'select':
        this.selected = message.documents;
        await this.list();
        return this.reveal();
      case 'look':
        return this.look(message.document);
      case 'open': {
        const address = record && { dataset: record.dataset, index: message.document, clustering };
        await vscode.commands.executeCommand('polymath.documents.open', address);
        return;
      }
      case 'move':
        return this.move(message.documents, message.to);
    }
  }

  private follow(documents: readonly number[]): void {
    if (documents.length === 1 && documents[0] === this.revealed) return;
    this.revealed = undefined;
    this.selected = documents;
    this.line.post({ type: 'selected', documents });
    // What is selected can be worked with where it cannot be listed.
    void this.list().catch(() => undefined);
  }

  /** Names the documents that are selected, or the first of them. */
  private async list(): Promise<void> {
    const { record, selected } = this;
    if (record === undefined) return;
    const indices = selected.slice(0, mostListed);
    const rows =
      indices.length === 0 ? [] : await this.parts.client.call('documents/at', { dataset: record.dataset, indices });
    if (selected !== this.selected) return;
    const documents = rows.map(({ index, id, preview }) => ({ document: index, id, text: preview }));
    this.line.post({ type: 'listed', documents });
  }

  /** The first of them: the editor lets nobody select several rows of a tree for a person. */
  private async reveal(): Promise<void> {
    const { clustering, selected } = this;
    const { piles } = this.parts;
    [this.revealed] = selected;
    if (this.revealed !== undefined && piles.view.visible) await piles.reveal(clustering, this.revealed);
  }

  private async look(document: number): Promise<void> {
    if (this.record === undefined) return;
    const [row] = await this.parts.client.call('documents/at', {
      dataset: this.record.dataset,
      indices: [document],
    });
    if (row !== undefined) this.line.post({ type: 'preview', document, id: row.id, text: row.preview });
  }

  private async move(documents: readonly number[], to: number): Promise<void> {
    const { client } = this.parts;
    const { clustering } = this;
    const versions = [];
    for (let from = 0; from < documents.length; from += most) {
      const part = documents.slice(from, from + most);
      const { items } = await client.call('piles/documents', { clustering, documents: part, limit: most });
      versions.push(...items.map(({ index, version }) => ({ index, version })));
    }
    await moveDocuments(client, { clustering, documents: versions, to });
  }

  private async tell(): Promise<void> {
    const { clustering } = this;
    const { client } = this.parts;
    const mine = ++this.asked;
    const say = (message: ToPage): void => void (mine === this.asked && this.line.post(message));
    if (clustering === '') return;
    if (!(await client.mayLook()))
      return say(words(clustering, 'The backend does not run. Start it to see the map.', true));
    try {
      const record = await client.call('splits/get', { clustering });
      this.record = record;
      const waiting = setTimeout(
        () => say(words(clustering, `Laying out ${record.name}: once for each split, up to a minute or two.`, false)),
        500,
      );
      const { total, documents, positions, piles, outliers } = await client
        .call('splits/layout', { clustering })
        .finally(() => clearTimeout(waiting));
      const fitsNone = new Set(outliers);
      const current = await client.call('piles/list', { clustering });
      say({
        type: 'map',
        clustering,
        title: record.name,
        total,
        piles: current.map(({ pile, name, size }) => ({ letter: expertLetter(pile), name, size })),
        points: {
          documents: [...documents],
          positions: [...positions],
          piles: [...piles],
          outliers: [...documents.keys()].filter((point) => fitsNone.has(documents[point])),
        },
      });
      say({ type: 'selected', documents: this.selected });
      await this.list();
    } catch (error) {
      say(words(clustering, errorText(error), true));
    }
  }
}

function words(clustering: string, text: string, failed: boolean): ToPage {
  return { type: 'words', clustering, text, failed };
}
