import * as vscode from 'vscode';
import type { LinkRecord } from '../../backend/protocol/labels';
import type { SplitRecord, DocumentRow, Placement } from '../../backend/protocol/records';
import type { BackendClient } from '../backend/client';
import type { Disposable } from '../disposables';
import { addressOf, type DocumentAddress, keyOf } from './uri';

/** What is known of a document that is open. */
export interface EditorPlace {
  readonly address: DocumentAddress;
  readonly document: DocumentRow;
  readonly links: readonly LinkRecord[];
  /** The split in whose light it is looked at, and where it lies there: null where it was not clustered. */
  readonly clustering?: SplitRecord;
  readonly placement: Placement | null;
}

/** A place in a split, so that it can be moved. */
export type Piled = EditorPlace & { readonly clustering: SplitRecord; readonly placement: Placement };

export const isPiled = (place: EditorPlace): place is Piled =>
  place.clustering !== undefined && place.placement !== null;

/** Where the open documents stand, asked when it is needed and again when a label has changed, in this window or another. */
export class Places implements Disposable {
  private readonly change = new vscode.EventEmitter<void>();
  readonly onDidChange = this.change.event;
  /** By the key of the address. */
  private readonly known = new Map<
    string,
    { readonly address: DocumentAddress; readonly place: Promise<EditorPlace> }
  >();
  private order: { readonly clustering: string; readonly pile: number } | undefined;
  private readonly subscriptions: readonly Disposable[];

  constructor(private readonly client: BackendClient) {
    this.subscriptions = [
      this.change,
      client.onResync(() => this.forget(() => true)),
      client.onEvent((event) => {
        if (event.type !== 'changed') return;
        if (event.what === 'links') return this.forget(() => true);
        this.forget(({ dataset, clustering }) => event.id === dataset || event.id === clustering);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        const address = addressOf(uri);
        if (address !== undefined) this.known.delete(keyOf(address));
      }),
    ];
  }

  /** Neighbours of documents are from now on those in the order of this pile, whichever they lie in; undefined: of their own. */
  follow(order: { readonly clustering: string; readonly pile: number } | undefined): void {
    this.order = order;
    this.forget(() => true);
  }

  /** Undefined where the URI is not one of a document. */
  async of(uri: vscode.Uri): Promise<EditorPlace | undefined> {
    const address = addressOf(uri);
    return address && this.at(address);
  }

  at(address: DocumentAddress): Promise<EditorPlace> {
    const key = keyOf(address);
    const { place } = this.known.get(key) ?? { place: this.ask(address) };
    this.known.set(key, { address, place });
    // What could not be told is asked again the next time.
    place.catch(() => this.known.delete(key));
    return place;
  }

  refresh(): void {
    this.forget(() => true);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async ask(address: DocumentAddress): Promise<EditorPlace> {
    const { dataset, index, clustering: id } = address;
    const [[document], links] = await Promise.all([
      this.client.call('documents/at', { dataset, indices: [index] }),
      this.client.call('links/list', { dataset, document: index }),
    ]);
    const place = { address, document, links: links.items, placement: null };
    if (id === undefined) return place;
    const within = this.order?.clustering === id ? { pile: this.order.pile } : {};
    const [clustering, placement] = await Promise.all([
      this.client.call('splits/get', { clustering: id }),
      this.client.call('piles/find', { clustering: id, document: index, ...within }),
    ]);
    return { ...place, clustering, placement };
  }

  private forget(concerned: (address: DocumentAddress) => boolean): void {
    for (const [key, { address }] of this.known) if (concerned(address)) this.known.delete(key);
    this.change.fire();
  }
}
