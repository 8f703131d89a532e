/** What a page is: an entry of the table of pages, and the server of one that is open. */
import type * as vscode from 'vscode';
import type { BackendClient } from '../backend/client';
import type { Contribution } from '../contributions/contribution';
import type { Disposable } from '../disposables';
import type { RunLogs } from '../documents/run-logs';
import type { AskHistory } from '../inline/history';
import type { Logs } from '../log';
import type { Activity } from '../runs/activity';
import type { PilesTree } from '../views/piles';
import type { Dialogs } from '../wizard/steps';

/** The parts of the extension that pages work with. */
export interface PageParts {
  readonly extension: vscode.ExtensionContext;
  readonly logs: Logs;
  readonly client: BackendClient;
  readonly activity: Activity;
  readonly history: AskHistory;
  readonly piles: PilesTree;
  readonly runLogs: RunLogs;
  readonly dialogs: Dialogs;
}

export interface Page<ToPage, ToHost, State, Shown> {
  readonly title: string;
  /** What package.json says of the command that opens it: `polymath.pages.` with its name. */
  readonly command: Contribution;
  /** What the command shows: by what the editor hands over, or by asking; undefined where the person wants nothing. */
  choose(parts: PageParts, given: readonly unknown[]): Promise<Shown | undefined>;
  /** Loaded with the page: the schemas take longer to start than the rest of the extension. */
  protocol(): Promise<{ readonly toHost: Schema<ToHost>; readonly state: Schema<State> }>;
  /** What is to be shown by the state that the page kept. */
  restored(state: State): Shown;
  serve(parts: PageParts, line: PageLine<ToPage>): Server<ToHost, Shown>;
}

/** Pages by their folders in webview/. */
export type PageTable = Readonly<Record<string, Page<unknown, { readonly type: string }, unknown, unknown>>>;

/** What a page's messages and its state are checked with; from its protocol.ts. */
export interface Schema<T> {
  safeParse(value: unknown): { readonly success: true; readonly data: T } | { readonly success: false };
}

/** What serves one open page. */
export interface Server<ToHost, Shown> extends Disposable {
  /** Shows something else: in a page that is open. */
  show(what: Shown): void;
  /** `ready` is said whenever the page was made anew: everything is to be said again. */
  receive(message: ToHost): unknown;
}

/** What a server speaks into. */
export interface PageLine<ToPage> {
  /** Lost while the page is not there: it asks for everything when it is. */
  post(message: ToPage): void;
}
