import * as vscode from 'vscode';
import type { FullDocument } from '../../backend/protocol/records';
import type { BackendClient } from '../backend/client';
import { UserError } from '../../backend/protocol/errors';
import type { Disposable } from '../disposables';
import { titleOf } from './title';
import { addressOf, documentScheme, documentUri, type DocumentAddress } from './uri';

/** Prose that the editor would take for a plain file: wrapped, with the lens that says where the document is. */
const language = 'polymath-document';

/** Documents of datasets as read-only documents of the editor: search, folding and comparison work as in any other. */
export class Documents implements vscode.TextDocumentContentProvider, Disposable {
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
    const clustering = address.clustering ?? (await this.latestSplit(address.dataset));
    const uri = documentUri({ ...address, ...(clustering === undefined ? {} : { clustering }) }, titleOf(document));
    this.read.set(uri.toString(), document);
    return uri;
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

  private async latestSplit(dataset: string): Promise<string | undefined> {
    const { items } = await this.client.call('clusterings/list', { dataset, limit: 1 });
    return items.at(0)?.id;
  }

  private async settle(document: vscode.TextDocument): Promise<void> {
    if (document.uri.scheme !== documentScheme || document.languageId !== 'plaintext') return;
    await vscode.languages.setTextDocumentLanguage(document, language);
  }
}
