/** The extension's end of a page: a webview with a strict policy, messages that are checked, and a gate until the page hears. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Disposable } from '../disposables';

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
export interface Line<ToPage> {
  /** Lost while the page is not there: it asks for everything when it is. */
  post(message: ToPage): void;
}

/** Everything of a page but its server. */
export interface Shell {
  /** Its folder in webview/. */
  readonly name: string;
  readonly title: string;
}

export function webviewOptions(extension: vscode.Uri): vscode.WebviewOptions {
  return { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(extension, 'dist', 'webview')] };
}

/** Nothing but the one script runs, and nothing is loaded: styles are made by the script, as style sheets and not as text. */
export function fill(webview: vscode.Webview, extension: vscode.Uri, { name, title }: Shell): void {
  const script = webview.asWebviewUri(vscode.Uri.joinPath(extension, 'dist', 'webview', name, 'page.js'));
  const nonce = randomBytes(16).toString('base64');
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'`;
  webview.options = webviewOptions(extension);
  webview.html = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="UTF-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <title>${title}</title>
  </head>
  <body>
    <script nonce="${nonce}" src="${script.toString()}"></script>
  </body>
</html>`;
}
