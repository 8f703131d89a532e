/** A throw-away VS Code, with a browser that shows it. */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { vscodeCache } from './cache';
import { ServerProcess } from './server-process';
import { patience } from '../support/patience';

export interface SessionOptions {
  /** The folder that is opened; none for an empty window. */
  readonly folder?: string;
  /** A packaged extension; else the one of this checkout is tried as it was built. */
  readonly vsix?: string;
  /** The file whose `run` is called inside the extension host. */
  readonly suites?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether trust in folders is not asked for; so by default. */
  readonly trusted?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export class Session {
  private constructor(
    readonly server: ServerProcess,
    readonly page: Page,
    private readonly browser: Browser,
    private readonly scratch: string,
    private readonly options: SessionOptions,
  ) {}

  static async open(options: SessionOptions): Promise<Session> {
    if (!existsSync(vscodeCache.stamp)) throw new Error('VS Code is not installed: run `npm run test:editor`');
    const scratch = await mkdtemp(join(tmpdir(), 'polymath-vscode-'));
    const { vsix, settings, env, trusted = true } = options;
    let server: ServerProcess | undefined;
    try {
      server = await ServerProcess.start({ scratch, vsix, settings, env, trusted });
      const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-background-networking',
          '--disable-component-update',
          // Whatever is not on this machine fails at once, and not after a while.
          '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
        ],
      });
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      page.setDefaultTimeout(patience);
      return new Session(server, page, browser, scratch, options);
    } catch (error) {
      await server?.stop();
      await rm(scratch, { recursive: true, force: true });
      throw error;
    }
  }

  /** Opens the window, reloads it, or shows another folder in it, '' for none. Functions that the editor is to call must be exposed on the page before. */
  async load(folder = this.options.folder): Promise<void> {
    await this.page.goto(this.address(folder), { waitUntil: 'domcontentloaded' });
    await this.page.locator('.monaco-workbench').waitFor();
  }

  /** Copies the editor's logs and a picture of the window. */
  async keepLogs(to: string): Promise<void> {
    await this.page.screenshot({ path: join(to, 'window.png') }).catch(() => undefined);
    await cp(join(this.scratch, 'server.log'), join(to, 'server.log'));
    await cp(join(this.scratch, 'user/logs'), join(to, 'logs'), { recursive: true }).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await rm(this.scratch, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The extension and its tests lie on the server's disk, so the page asks the server for them. */
  private address(folder: string | undefined): string {
    const host = `127.0.0.1:${this.server.port}`;
    const remote = (path: string): string => `vscode-remote://${host}${resolve(path)}`;
    const payload = [['skipWelcome', 'true']];
    if (this.options.vsix === undefined) payload.push(['extensionDevelopmentPath', remote('.')]);
    if (this.options.suites !== undefined) payload.push(['extensionTestsPath', remote(this.options.suites)]);
    const url = new URL(`http://${host}/`);
    if (folder === undefined || folder === '') url.searchParams.set('ew', 'true');
    else url.searchParams.set('folder', resolve(folder));
    url.searchParams.set('payload', JSON.stringify(payload));
    return url.href;
  }
}
