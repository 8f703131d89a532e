/** Councils as files of the editor, in YAML: saving one makes a new version of the council. */
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import type { BackendClient } from '../backend/client';
import type { Disposable } from '../disposables';

export const councilScheme = 'polymath-council';

/** The name is for people: the id says which council it is, whatever it is called by then. */
export function councilUri({ id, name }: { readonly id: string; readonly name: string }): vscode.Uri {
  return vscode.Uri.from({ scheme: councilScheme, path: `/${name}.yaml`, query: id });
}

/** What the editor knows of one: its bytes, the version that they are of, and when that was made. */
interface Read {
  readonly bytes: Uint8Array;
  readonly version: number;
  readonly made: number;
}

export class CouncilFiles implements vscode.FileSystemProvider, Disposable {
  private readonly change = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.change.event;
  private readonly subscriptions: readonly Disposable[];
  /** The version that the editor showed last, by council. */
  private readonly shown = new Map<string, number>();

  constructor(private readonly client: BackendClient) {
    // Where the backend is gone there is a resync once it is back.
    const again = (): void => void this.tellOpen().catch(() => undefined);
    this.subscriptions = [
      this.change,
      vscode.workspace.registerFileSystemProvider(councilScheme, this),
      client.onEvent((event) => {
        if (event.type === 'changed' && event.what === 'councils') again();
      }),
      client.onResync(again),
    ];
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { bytes, made } = await this.read(uri);
    return { type: vscode.FileType.File, ctime: made, mtime: made, size: bytes.length };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const { bytes, version } = await this.read(uri);
    this.shown.set(uri.query, version);
    return bytes;
  }

  /** Throws FileSystemError, which the editor shows, with the place of a mistake and the next step: nothing is lost, the tab stays open. */
  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const council = uri.query;
    const called = uri.path.slice(1);
    await told(async () => {
      const read = await this.client.call('councils/read', { text: new TextDecoder().decode(content), called });
      const version = this.shown.get(council);
      const name = read.name ?? called.replace(/\.yaml$/, '');
      const edited = await this.client.call('councils/edit', { ...read, name, council, ...(version && { version }) });
      this.shown.set(council, edited.version ?? 1);
    });
    this.change.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async read(uri: vscode.Uri): Promise<Read> {
    const { text, version, created } = await told(() => this.client.call('councils/write', { council: uri.query }));
    return { bytes: new TextEncoder().encode(text), version, made: Date.parse(created) };
  }

  /** What is shown is read again; the file of a council that was removed is gone, and the editor says so on its tab. */
  private async tellOpen(): Promise<void> {
    const open = vscode.workspace.textDocuments.map(({ uri }) => uri).filter(({ scheme }) => scheme === councilScheme);
    if (open.length === 0) return;
    const { items } = await this.client.call('councils/list', { limit: 1000 });
    const there = new Set(items.map(({ id }) => id));
    const { Changed, Deleted } = vscode.FileChangeType;
    this.change.fire(open.map((uri) => ({ type: there.has(uri.query) ? Changed : Deleted, uri })));
  }
}

/** The editor shows the message of a FileSystemError alone. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw vscode.FileSystemError.Unavailable(`${error.message} ${error.next}`);
    throw error;
  }
}
