import * as vscode from 'vscode';
import { expertLetter } from '../../backend/base/letter';
import { UserError } from '../../backend/base/errors';
import type { BackendClient } from '../backend/client';
import type { Disposable } from '../disposables';
import { plain } from './report-text';
import { digestOf } from './digest';
import type { DocumentAddress } from './uri';
import { whyText } from './why';

const scheme = 'polymath-report';
/** An entry that leads to a document. */
const reference = /^- (#(\d+))/;

/** Pages about documents, piles and splits, written when they are opened and anew when a label of their split changes. */
export class Reports implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider, Disposable {
  private readonly change = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.change.event;
  private readonly subscriptions: readonly Disposable[];

  constructor(private readonly client: BackendClient) {
    this.subscriptions = [
      this.change,
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.languages.registerDocumentLinkProvider({ scheme }, this),
      client.onResync(() => this.renew(() => true)),
      client.onEvent((event) => {
        if (event.type === 'changed') this.renew((clustering) => clustering === event.id);
      }),
    ];
  }

  /** Beside the document, which keeps the focus. */
  async showWhy(clustering: string, index: number, title: string): Promise<void> {
    await this.show(`Why here · ${title}`, ['why', clustering, index], vscode.ViewColumn.Beside, true);
  }

  async showDigest(clustering: string, pile: number): Promise<void> {
    await this.show(`Pile ${expertLetter(pile)}`, ['digest', clustering, pile], vscode.ViewColumn.Active, false);
  }

  async showSplit(clustering: string, name: string): Promise<void> {
    await this.show(`Split · ${name}`, ['split', clustering, 0], vscode.ViewColumn.Active, false);
  }

  async showTable(evaluation: string, name: string): Promise<void> {
    await this.show(`Table · ${name}`, ['table', evaluation, 0], vscode.ViewColumn.Active, false);
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const { kind, clustering: id, number } = parse(uri);
    if (kind === 'table') return this.tableOf(id);
    if (kind === 'split') return (await this.client.call('splits/report', { clustering: id })).markdown;
    const clustering = await this.client.call('splits/get', { clustering: id });
    if (kind === 'digest') return digestOf(this.client, clustering, number);
    return whyText(await this.client.call('documents/why', { clustering: id, document: number }), clustering);
  }

  private async tableOf(evaluation: string): Promise<string> {
    const { name, result } = await this.client.call('evaluations/get', { evaluation });
    const { sweepMarkdown, sweepTable } = await import('../../backend/protocol/sweep');
    return `# ${plain(name)}\n\n${sweepMarkdown(sweepTable.parse(result).lines)}`;
  }

  async provideDocumentLinks(document: vscode.TextDocument): Promise<vscode.DocumentLink[]> {
    const { kind, clustering } = parse(document.uri);
    if (kind === 'table') return [];
    const { dataset } = await this.client.call('splits/get', { clustering });
    return document
      .getText()
      .split('\n')
      .flatMap((text, line) => {
        const found = reference.exec(text);
        if (found === null) return [];
        const address: DocumentAddress = { dataset, index: Number(found[2]), clustering };
        const query = encodeURIComponent(JSON.stringify([address]));
        const range = new vscode.Range(line, 2, line, 2 + found[1].length);
        const link = new vscode.DocumentLink(range, vscode.Uri.parse(`command:polymath.documents.open?${query}`));
        link.tooltip = 'Open the document';
        return [link];
      });
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async show(
    title: string,
    what: readonly (string | number)[],
    viewColumn: vscode.ViewColumn,
    preserveFocus: boolean,
  ): Promise<void> {
    const path = `/${title.replaceAll(/[/\\]/g, '∕')}.md`;
    const document = await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme, path, query: what.join('/') }));
    await vscode.window.showTextDocument(document, { viewColumn, preserveFocus, preview: true });
  }

  private renew(concerned: (clustering: string) => boolean): void {
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme === scheme && concerned(parse(uri).clustering)) this.change.fire(uri);
    }
  }
}

function parse({ query }: vscode.Uri): { kind: string; clustering: string; number: number } {
  const [kind, clustering, number] = query.split('/');
  if (number === undefined) throw new UserError('This page names nothing.', 'Open it from the views again.');
  return { kind, clustering, number: Number(number) };
}
