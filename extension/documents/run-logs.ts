import * as vscode from 'vscode';
import type { BackendClient } from '../backend/client';
import type { RunRecord } from '../../backend/protocol/run';
import type { Activity } from '../runs/activity';
import { runFigures, runTitle } from '../runs/text';
import { Throttle } from '../throttle';
import type { Disposable } from '../disposables';

const scheme = 'polymath-log';
/** Characters of a log that are shown: its end counts. */
const longest = 4_000_000;

/** Logs of runs as read-only documents, the run's figures above, which grow while their run is at work. */
export class RunLogs implements vscode.TextDocumentContentProvider, Disposable {
  private readonly change = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.change.event;
  private readonly subscriptions: readonly Disposable[];

  constructor(
    private readonly client: BackendClient,
    activity: Activity,
  ) {
    const follow = new Throttle(() => this.renew((run) => activity.withStages.some(({ id }) => id === run)), 1000);
    this.subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      follow,
      activity.onDidChange(() => follow.request()),
      activity.onDidEnd(({ id }) => this.renew((run) => run === id)),
      this.change,
    ];
  }

  async show(run: RunRecord): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: `/${runTitle(run).replaceAll('/', '∕')}.log`, query: run.id });
    // One that was opened before shows what it was then.
    this.change.fire(uri);
    const document = await vscode.languages.setTextDocumentLanguage(
      await vscode.workspace.openTextDocument(uri),
      'log',
    );
    const editor = await vscode.window.showTextDocument(document);
    const end = document.lineAt(document.lineCount - 1).range;
    editor.revealRange(end);
  }

  async provideTextDocumentContent({ query: run }: vscode.Uri): Promise<string> {
    const record = await this.client.call('runs/get', { run });
    const figures = runFigures(record).map(([name, value]) => `${name}: ${value}\n`);
    const log = await this.read(run);
    return [`${runTitle(record)}\n\n`, ...figures, '\n', log === '' ? 'It has written nothing.\n' : log].join('');
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async read(run: string): Promise<string> {
    let text = '';
    for (let offset = 0; ;) {
      const page = await this.client.call('runs/log', { run, offset });
      if (page.next === offset) return text;
      text = (text + page.text).slice(-longest);
      offset = page.next;
    }
  }

  private renew(concerned: (run: string) => boolean): void {
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme === scheme && concerned(uri.query)) this.change.fire(uri);
    }
  }
}
