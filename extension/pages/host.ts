/** The webview that a page is shown in, with a strict policy. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

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
