import * as vscode from 'vscode';
import { describeEnding } from './backend/ending';
import type { BackendClient, BackendState } from './backend/client';
import type { Disposable } from './disposables';
import { formatNumber, formatDone } from './format';
import { offers } from './offers';
import type { Activity } from './runs/activity';
import { runTitle, stateText } from './runs/text';
import { Throttle } from './throttle';

interface Look {
  readonly text: string;
  /** What the state means, in a sentence. */
  readonly meaning: string;
  readonly color?: 'warning' | 'error';
}

/** The one item in the status bar: whether there is a backend, and what it is at. */
export class Status implements Disposable {
  private readonly item = vscode.window.createStatusBarItem('polymath.status', vscode.StatusBarAlignment.Left, 10);
  private readonly subscriptions: readonly Disposable[];

  constructor(
    private readonly client: BackendClient,
    private readonly activity: Activity,
    private readonly version: string,
  ) {
    this.item.name = 'Polymath';
    this.item.command = 'polymath.showActions';
    const draw = new Throttle(() => this.draw(), 500);
    this.subscriptions = [
      this.item,
      draw,
      client.onDidChangeState(() => draw.request()),
      activity.onDidChange(() => draw.request()),
    ];
    this.draw();
    this.item.show();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private draw(): void {
    const { state } = this.client;
    const { text, meaning, color } = this.look(state);
    this.item.text = text;
    this.item.backgroundColor = color && new vscode.ThemeColor(`statusBarItem.${color}Background`);
    this.item.tooltip = this.tooltip(state, meaning);
    this.item.accessibilityInformation = { label: `Polymath: ${meaning}`, role: 'button' };
  }

  private look(state: BackendState): Look {
    switch (state.kind) {
      case 'no-folder':
        return { text: '$(circle-slash) Polymath', meaning: 'No folder is open.' };
      case 'untrusted':
        return { text: '$(shield) Polymath', meaning: 'The workspace is not trusted: nothing is started in it.' };
      case 'stopped':
        return {
          text: '$(circle-outline) Polymath',
          meaning: state.byUser ? 'The backend is stopped.' : 'The backend starts when it is needed.',
        };
      case 'starting':
        return state.crash === undefined
          ? { text: '$(loading~spin) Polymath', meaning: 'The backend starts.' }
          : {
              text: '$(loading~spin) Polymath',
              meaning: `The backend ${describeEnding(state.crash)} and starts again.`,
              color: 'warning',
            };
      case 'ready':
        return this.ready(state.elsewhere);
      case 'failed':
        return { text: '$(error) Polymath', meaning: `${state.error.message} ${state.error.next}`, color: 'error' };
    }
  }

  private ready(elsewhere: boolean): Look {
    const { active, running } = this.activity;
    const idle = elsewhere ? 'Another process serves the project, and this window uses it.' : 'The backend is ready.';
    if (running === undefined) return { text: '$(check) Polymath', meaning: idle };
    const { progress } = running;
    const share = progress === undefined ? '' : formatDone(progress.done, progress.total);
    const text = ['$(sync~spin)', progress?.stage ?? 'Polymath', share].filter((part) => part !== '').join(' ');
    const waiting = active.length - 1;
    const behind = waiting === 0 ? '' : ` ${formatNumber(waiting, 'run')} after it.`;
    return { text, meaning: `${runTitle(running)}: ${stateText(running)}.${behind}` };
  }

  private tooltip(state: BackendState, meaning: string): vscode.MarkdownString {
    const text = new vscode.MarkdownString();
    const version = state.kind === 'ready' ? `${state.hello.version} · process ${state.hello.pid}` : this.version;
    text.appendMarkdown(`**Polymath** ${version}\n\n`).appendText(meaning);
    const links = offers[state.kind].map(({ title, command }) => `[${title}](command:${command})`);
    text.appendMarkdown(`\n\n${links.join(' · ')}`);
    text.isTrusted = { enabledCommands: offers[state.kind].map(({ command }) => command) };
    return text;
  }
}
