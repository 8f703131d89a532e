import * as vscode from 'vscode';
import type { FullDocument } from '../../backend/protocol/records';
import type { BackendClient } from '../backend/client';
import { UserError } from '../../backend/base/errors';
import type { Disposable } from '../disposables';
import { titleOf } from './title';
import { addressOf, documentScheme, documentUri, type DocumentAddress } from './uri';

/** Prose that the editor would take for a plain file: wrapped, with the lens that says where the document is. */
const language = 'polymath-document';

const mostRead = 8;

/** Documents of datasets as read-only documents of the editor: search, folding and comparison work as in any other. */
export class DocumentContents implements vscode.TextDocumentContentProvider, Disposable {
  /** What was read to open it, until the editor asks for its text. */
  private readonly read = new Map<string, FullDocument>();
  private readonly subscriptions: readonly Disposable[];

  constructor(private readonly client: BackendClient) {
    this.subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(documentScheme, this),
      vscode.workspace.onDidOpenTextDocument((document) => void this.settle(document)),
    ];
  }

  /** Opens it in the light of the split that is named, else of the latest one of its dataset. */
  async open(address: DocumentAddress, options: vscode.TextDocumentShowOptions = {}): Promise<vscode.TextEditor> {
    return vscode.window.showTextDocument(await this.uriOf(address), options);
  }

  async uriOf(address: DocumentAddress): Promise<vscode.Uri> {
    const document = await this.get(address);
    const uri = documentUri(await this.inSplit(address), titleOf(document));
    // Those that are open already are not asked for again.
    if (this.read.size >= mostRead) this.read.clear();
    this.read.set(uri.toString(), document);
    return uri;
  }

  /** In the light of the latest split of its dataset, where none is named and there is one. */
  async inSplit(address: DocumentAddress): Promise<DocumentAddress> {
    if (address.clustering !== undefined) return address;
    const { items } = await this.client.call('splits/list', { dataset: address.dataset, limit: 1 });
    const latest = items.at(0);
    return latest === undefined ? address : { ...address, clustering: latest.id };
  }

  get({ dataset, index }: DocumentAddress): Promise<FullDocument> {
    return this.client.call('documents/get', { dataset, index });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const address = addressOf(uri);
    if (address === undefined) throw new UserError(`${uri.toString()} names no document.`, 'Open it from its view.');
    const read = this.read.get(uri.toString());
    this.read.delete(uri.toString());
    return (read ?? (await this.get(address))).text;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async settle(document: vscode.TextDocument): Promise<void> {
    if (document.uri.scheme !== documentScheme || document.languageId !== 'plaintext') return;
    await vscode.languages.setTextDocumentLanguage(document, language);
  }
}
