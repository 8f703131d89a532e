/** A server that answers as the Hugging Face hub does: listings, redirects of large files to another origin, ranges, refusals. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface Repository {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly commit: string;
  /** What its authors say that it is for. */
  readonly task?: string;
  /** Branches and tags that stand for the commit; "main" by default. */
  readonly revisions?: readonly string[];
  /** Only this token may read it. */
  readonly token?: string;
  /** Whether its files need consent that the token has not got. */
  readonly gated?: boolean;
}

/** What goes wrong with the next transfer of a file. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  /** Ends the connection after so many bytes. */
  | { readonly kind: 'cut'; readonly after: number }
  /** Sends nothing more after so many bytes, and keeps the connection. */
  | { readonly kind: 'stall'; readonly after: number }
  /** Sends other bytes of the same length. */
  | { readonly kind: 'garbled' }
  /** Sends more than was announced. */
  | { readonly kind: 'longer' }
  /** Knows no ranges. */
  | { readonly kind: 'whole' };

export interface SeenRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  /** Whether the origin of large files was asked. */
  readonly storage: boolean;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
export const gitHash = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');

/** What the hub keeps in Git LFS. */
export const isLarge = (path: string): boolean => /\.(safetensors|gguf|bin)$/.test(path);

export class HubServer {
  readonly repositories = new Map<string, Repository>();
  readonly seen: SeenRequest[] = [];
  /** By file name: consumed one per transfer. */
  readonly faults = new Map<string, Fault[]>();
  /** Milliseconds before each piece of 64 KiB. */
  slowness = 0;
  private readonly hub = createServer((request, response) => void this.answer(request, response));
  private readonly storage = createServer((request, response) => void this.store(request, response));

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const part of [server.hub, server.storage]) {
      await new Promise<void>((resolve) => part.listen(0, '127.0.0.1', resolve));
    }
    return server;
  }

  get endpoint(): string {
    return origin(this.hub);
  }

  async close(): Promise<void> {
    for (const part of [this.hub, this.storage]) {
      part.closeAllConnections();
      await new Promise((resolve) => part.close(resolve));
    }
  }

  private note(request: IncomingMessage, storage: boolean): string {
    const path = decodeURIComponent((request.url ?? '').split('?')[0]);
    const { range, authorization } = request.headers;
    this.seen.push({ path, range, authorization, storage });
    return path;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = this.note(request, false);
    const listing = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(path);
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const id = listing?.[1] ?? file?.[1] ?? '';
    const repository = this.repositories.get(id);
    const { authorization } = request.headers;
    const allowed = repository?.token === undefined || authorization === `Bearer ${repository.token}`;
    if (repository === undefined || !allowed)
      return refuse(response, authorization === undefined ? 401 : 404, 'RepoNotFound');
    const { commit, revisions = ['main'] } = repository;
    const revision = listing?.[2] ?? file?.[2] ?? '';
    if (revision !== commit && !revisions.includes(revision)) return refuse(response, 404, 'RevisionNotFound');
    if (listing !== null) {
      const fault = this.fault('listing');
      if (fault?.kind === 'status') return void response.writeHead(fault.status, fault.headers).end();
      return json(response, listingOf(id, repository));
    }
    const name = file?.[3] ?? '';
    const bytes = repository.files[name];
    if (bytes === undefined) return refuse(response, 404, 'EntryNotFound');
    if (repository.gated === true) return refuse(response, authorization === undefined ? 401 : 403, 'GatedRepo');
    if (!isLarge(name))
      return this.transfer(name, bytes, request, response, { etag: `"${gitHash(bytes)}"`, 'x-repo-commit': commit });
    response.writeHead(302, {
      location: `${origin(this.storage)}/${id}/${encodeURIComponent(name)}`,
      'x-linked-etag': `"${sha256(bytes)}"`,
      'x-linked-size': String(bytes.byteLength),
      'x-repo-commit': commit,
    });
    response.end();
  }

  private async store(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, org = '', name = '', file = ''] = this.note(request, true).split('/');
    const bytes = this.repositories.get(`${org}/${name}`)?.files[file];
    if (bytes === undefined) return refuse(response, 404, 'EntryNotFound');
    await this.transfer(file, bytes, request, response, {});
  }

  private fault(name: string): Fault | undefined {
    return this.faults.get(name)?.shift();
  }

  private async transfer(
    name: string,
    bytes: Uint8Array,
    request: IncomingMessage,
    response: ServerResponse,
    headers: Record<string, string>,
  ): Promise<void> {
    const fault = this.fault(name);
    if (fault?.kind === 'status') return void response.writeHead(fault.status, fault.headers).end();
    const from = fault?.kind === 'whole' ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const total = bytes.byteLength;
    if (from >= total) return void response.writeHead(416, { 'content-range': `bytes */${total}` }).end();
    const content = fault?.kind === 'garbled' ? bytes.map((byte) => byte ^ 1) : bytes;
    const rest = fault?.kind === 'longer' ? Buffer.concat([content.subarray(from), content]) : content.subarray(from);
    const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${total - 1}/${total}` };
    response.writeHead(from === 0 ? 200 : 206, { ...headers, ...range, 'content-length': rest.byteLength });
    if (request.method === 'HEAD') return void response.end();
    const until = fault?.kind === 'cut' || fault?.kind === 'stall' ? Math.max(0, fault.after - from) : rest.byteLength;
    for (let sent = 0; sent < until; sent += 65_536) {
      if (this.slowness > 0) await wait(this.slowness);
      if (response.destroyed) return;
      await new Promise<void>((resolve) =>
        response.write(rest.subarray(sent, Math.min(until, sent + 65_536)), () => resolve()),
      );
    }
    if (fault?.kind === 'cut') response.destroy();
    else if (fault?.kind !== 'stall') response.end();
  }
}

function origin(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function listingOf(id: string, { commit, files, task, gated = false }: Repository): unknown {
  const siblings = Object.entries(files).map(([rfilename, bytes]) => {
    const pointer = Buffer.from(`version 1\noid sha256:${sha256(bytes)}\nsize ${bytes.byteLength}\n`);
    const size = bytes.byteLength;
    if (!isLarge(rfilename)) return { rfilename, size, blobId: gitHash(bytes) };
    const lfs = { sha256: sha256(bytes), size, pointerSize: pointer.byteLength };
    return { rfilename, size, blobId: gitHash(pointer), lfs };
  });
  const about = { id, modelId: id, sha: commit, private: false, gated: gated ? 'manual' : false };
  return { ...about, ...(task && { pipeline_tag: task }), siblings };
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'x-error-code': code, 'x-error-message': code }).end(JSON.stringify({ error: code }));
}
