/** The pages: one of each at most, and how they come back after the window was closed. */
import * as vscode from 'vscode';
import { Disposables } from '../disposables';
import { showError } from '../errors/show';
import { fill, webviewOptions } from './host';
import type { PageLine, PageParts, PageTable, Server } from './page';

interface Open {
  readonly panel: vscode.WebviewPanel;
  readonly server: Server<{ readonly type: string }, unknown>;
}

export class Pages extends Disposables {
  private readonly shown = new Map<string, Open>();

  constructor(
    private readonly table: PageTable,
    private readonly parts: PageParts,
  ) {
    super();
    for (const name of Object.keys(table)) {
      const deserializeWebviewPanel = (panel: vscode.WebviewPanel, state: unknown): Promise<void> =>
        this.restore(name, panel, state);
      this.add(vscode.window.registerWebviewPanelSerializer(viewType(name), { deserializeWebviewPanel }));
    }
  }

  /** Shows what is meant or chosen in the page, which is opened where it is not. `given`: what the editor handed to the command. */
  async open(name: string, given: readonly unknown[]): Promise<void> {
    const what = await this.table[name].choose(this.parts, given);
    if (what !== undefined) await this.show(name, what);
  }

  /** Shows this, which is something that the page can show. `preserveFocus`: whoever writes elsewhere goes on with it. */
  async show(name: string, what: unknown, { preserveFocus = false } = {}): Promise<void> {
    const open = this.shown.get(name);
    if (open !== undefined) {
      open.panel.reveal(undefined, preserveFocus);
      return open.server.show(what);
    }
    const { title } = this.table[name];
    const place = { viewColumn: vscode.ViewColumn.Active, preserveFocus };
    const options = webviewOptions(this.parts.extension.extensionUri);
    const panel = vscode.window.createWebviewPanel(viewType(name), title, place, options);
    (await this.serve(name, panel)).show(what);
  }

  private async restore(name: string, panel: vscode.WebviewPanel, kept: unknown): Promise<void> {
    const page = this.table[name];
    const state = (await page.protocol()).state.safeParse(kept);
    // Of another version: nothing that could be shown.
    if (!state.success) return void panel.dispose();
    (await this.serve(name, panel)).show(page.restored(state.data));
  }

  private async serve(name: string, panel: vscode.WebviewPanel): Promise<Open['server']> {
    const page = this.table[name];
    const { extension, logs } = this.parts;
    const { toHost } = await page.protocol();
    // Before it says so, nobody hears what is said to it; then everything is said anew.
    let hears = false;
    const line: PageLine<unknown> = { post: (message) => void (hears && panel.webview.postMessage(message)) };
    const server = page.serve(this.parts, line);
    panel.webview.onDidReceiveMessage((message: unknown) => {
      const checked = toHost.safeParse(message);
      if (!checked.success) return logs.extension.warn(`The page ${name} said what nobody understands.`);
      if (checked.data.type === 'ready') hears = true;
      Promise.resolve(server.receive(checked.data)).catch((error: unknown) => void showError(logs, error));
    });
    panel.onDidDispose(() => {
      hears = false;
      server.dispose();
      if (this.shown.get(name)?.panel === panel) this.shown.delete(name);
    });
    this.shown.set(name, { panel, server });
    fill(panel.webview, extension.extensionUri, { name, title: page.title });
    return server;
  }
}

const viewType = (name: string): string => `polymath.${name}`;
