/** The pages: which there are, one of each at most, and how they come back after the window was closed. */
import * as vscode from 'vscode';
import { showError } from '../commands/table';
import { Disposables } from '../disposables';
import type { Polymath } from '../polymath';
import { fill, type Line, type Schema, type Server, webviewOptions } from './host';
import { mapPage } from './map';
import { tokensPage } from './tokens';
import { trainingPage } from './training';

/** A page as the table has it. */
export interface Page<ToPage, ToHost, State, Shown> {
  readonly title: string;
  /** Loaded with the page: the schemas take longer to start than the rest of the extension. */
  readonly protocol: () => Promise<{ readonly toHost: Schema<ToHost>; readonly state: Schema<State> }>;
  /** What is to be shown by the state that the page kept. */
  readonly restored: (state: State) => Shown;
  readonly serve: (polymath: Polymath, line: Line<ToPage>) => Server<ToHost, Shown>;
}

/** By their folders in webview/. Other pages (home, evaluation, evolution) are entries here. */
const table = {
  map: mapPage,
  tokens: tokensPage,
  training: trainingPage,
};
type Table = typeof table;
export type PageName = keyof Table;
type ShownOf<N extends PageName> = Parameters<ReturnType<Table[N]['serve']>['show']>[0];

type AnyPage = Page<unknown, { type: string }, unknown, unknown>;

interface Open {
  readonly panel: vscode.WebviewPanel;
  readonly server: Server<{ type: string }, unknown>;
}

export class Pages extends Disposables {
  private readonly open = new Map<PageName, Open>();

  /** `polymath`: the parts of the extension, of which this is one. */
  constructor(private readonly polymath: () => Polymath) {
    super();
    for (const name of Object.keys(table) as PageName[]) {
      const deserializeWebviewPanel = (panel: vscode.WebviewPanel, state: unknown): Promise<void> =>
        this.restore(name, panel, state);
      this.add(vscode.window.registerWebviewPanelSerializer(viewType(name), { deserializeWebviewPanel }));
    }
  }

  /** Shows something in the page, which is opened where it is not. */
  async show<N extends PageName>(name: N, what: ShownOf<N>): Promise<void> {
    const open = this.open.get(name);
    if (open !== undefined) {
      open.panel.reveal();
      return open.server.show(what);
    }
    const { title } = pageOf(name);
    const options = webviewOptions(this.polymath().extension.extensionUri);
    const panel = vscode.window.createWebviewPanel(viewType(name), title, vscode.ViewColumn.Active, options);
    (await this.serve(name, panel)).show(what);
  }

  private async restore(name: PageName, panel: vscode.WebviewPanel, kept: unknown): Promise<void> {
    const { protocol, restored } = pageOf(name);
    const state = (await protocol()).state.safeParse(kept);
    // Of another version: nothing that could be shown.
    if (!state.success) return void panel.dispose();
    (await this.serve(name, panel)).show(restored(state.data));
  }

  private async serve(name: PageName, panel: vscode.WebviewPanel): Promise<Open['server']> {
    const { title, protocol, serve } = pageOf(name);
    const polymath = this.polymath();
    const { extension, logs } = polymath;
    const { toHost } = await protocol();
    // Before it says so, nobody hears what is said to it; then everything is said anew.
    let hears = false;
    const line: Line<unknown> = { post: (message) => void (hears && panel.webview.postMessage(message)) };
    const server = serve(polymath, line);
    panel.webview.onDidReceiveMessage((message: unknown) => {
      const checked = toHost.safeParse(message);
      if (!checked.success) return logs.extension.warn(`The page ${name} said what nobody understands.`);
      if (checked.data.type === 'ready') hears = true;
      Promise.resolve(server.receive(checked.data)).catch((error: unknown) => void showError(polymath, error));
    });
    panel.onDidDispose(() => {
      hears = false;
      server.dispose();
      if (this.open.get(name)?.panel === panel) this.open.delete(name);
    });
    this.open.set(name, { panel, server });
    fill(panel.webview, extension.extensionUri, { name, title });
    return server;
  }
}

const viewType = (name: PageName): string => `polymath.${name}`;
const pageOf = (name: PageName): AnyPage => table[name] as unknown as AnyPage;
