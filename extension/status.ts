import * as vscode from 'vscode';
import { meaningOf } from './backend/state-text';
import type { BackendClient, BackendState } from './backend/client';
import type { Disposable } from './disposables';
import { formatNumber } from './format';
import { offers } from './offers';
import type { Activity } from './runs/activity';
import { doneText, runTitle, stateText } from './runs/text';
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
    const meaning = meaningOf(state);
    switch (state.kind) {
      case 'no-folder':
        return { text: '$(circle-slash) Polymath', meaning };
      case 'untrusted':
        return { text: '$(shield) Polymath', meaning };
      case 'stopped':
        return { text: '$(circle-outline) Polymath', meaning };
      case 'starting':
        return { text: '$(loading~spin) Polymath', meaning, ...(state.crash && { color: 'warning' }) };
      case 'ready':
        return this.ready(meaning);
      case 'failed':
        return { text: '$(error) Polymath', meaning, color: 'error' };
    }
  }

  private ready(idle: string): Look {
    const { active, running } = this.activity;
    if (running === undefined) return { text: '$(check) Polymath', meaning: idle };
    const { progress } = running;
    const share = progress === undefined ? '' : doneText(progress);
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
