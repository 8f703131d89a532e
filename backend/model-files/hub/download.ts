/** One file over HTTP: resumed where an earlier attempt stopped, checked by its hash, in its place only when it is whole. */
import type { Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Response } from 'undici';
import { UserError } from '../../base/errors';
import { isSystemError, syncFolder } from '../../base/files';
import { type ContentHash, startHash } from '../../base/content-hash';
import { passingStatus, TransferError, transferError } from './errors';
import type { Http } from './http';

export interface Download {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For messages. */
  readonly name: string;
  readonly size: number;
  readonly hash: ContentHash;
  /** What to throw for an answer that is no file. */
  readonly refuse: (response: Response) => Error;
}

export interface DownloadWatch {
  readonly signal: AbortSignal;
  /** Told the bytes of this file that are here. */
  readonly onBytes?: (bytes: number) => void;
}

/** Where the bytes of an unfinished download wait. Not the name that other tools use: they would write into it. */
export const incompletePath = (target: string): string => `${target}.polymath.incomplete`;

/** The bytes of a download that are here: all, or those of an unfinished one. */
export async function bytesHere(target: string, size: number): Promise<number> {
  for (const path of [target, incompletePath(target)]) {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) return Math.min(found.size, size);
  }
  return 0;
}

/**
 * Downloads to `target`, going on from what an interrupted download left. Throws UserError where the server refuses, where the
 * connection stays broken after several attempts, and where the content has another hash than it should; what is thrown by
 * the signal leaves the bytes for the next time.
 */
export async function download(http: Http, file: Download, target: string, watch: DownloadWatch): Promise<void> {
  const partial = incompletePath(target);
  await mkdir(dirname(target), { recursive: true });
  // Bytes of an earlier time may be the wrong ones: then once more from the beginning.
  const resumed = (await bytesHere(target, file.size)) > 0;
  try {
    if (!(await transfer(http, file, partial, watch))) {
      await rm(partial, { force: true });
      if (!resumed || !(await transfer(http, file, partial, watch))) throw await damaged(file, partial);
    }
    await rename(partial, target);
  } catch (error) {
    // Another process that pulled the same may have been faster: it moved the very bytes that are written here.
    if (isSystemError(error, 'ENOENT') && (await bytesHere(target, file.size)) === file.size) return;
    if (isSystemError(error, 'ENOSPC', 'EDQUOT')) throw diskFullWhile(target);
    throw error;
  }
  await syncFolder(dirname(target));
}

export function diskFullWhile(path: string): UserError {
  return new UserError(
    `The disk is full: ${path} was not written.`,
    'Free some space and run the command again: it goes on where it stopped.',
  );
}

async function damaged({ name, hash }: Download, partial: string): Promise<UserError> {
  await rm(partial, { force: true });
  return new UserError(
    `${name} arrived with other content than was announced (${hash.algorithm} ${hash.value.slice(0, 12)}…).`,
    'Run the command again. If it happens again, a proxy or a mirror changes what it passes on: check HF_ENDPOINT.',
  );
}

/** Fetches what is missing of a partial file. Returns whether the whole has the hash that it should have. */
async function transfer(http: Http, file: Download, partial: string, watch: DownloadWatch): Promise<boolean> {
  const { signal } = watch;
  // Created where it is not there, kept where it is.
  const handle = await open(partial, 'a+').then(async (made) => {
    await made.close();
    return open(partial, 'r+');
  });
  try {
    const writer = new Writer(handle, file, watch);
    await writer.resume();
    // The server of the listing has answered: the network is there, and worth some attempts.
    const progress = (): number => 1 + writer.position;
    await http.persist(() => fetchRest(http, file, writer, signal), signal, progress);
    await handle.sync();
    return writer.digest() === file.hash.value;
  } finally {
    await handle.close();
  }
}

/** Bytes on their way to a file, hashed as they come. */
class Writer {
  position = 0;
  private hash: Hash;

  constructor(
    private readonly handle: FileHandle,
    private readonly file: Download,
    private readonly watch: DownloadWatch,
  ) {
    this.hash = startHash(file.hash.algorithm, file.size);
  }

  /** Reads what is there, so that the hash is that of the whole. */
  async resume(): Promise<void> {
    const { size } = await this.handle.stat();
    if (size > this.file.size) return this.restart();
    const buffer = Buffer.alloc(2 ** 20);
    while (this.position < size) {
      this.watch.signal.throwIfAborted();
      const { bytesRead } = await this.handle.read(buffer, 0, buffer.length, this.position);
      if (bytesRead === 0) break;
      this.hash.update(buffer.subarray(0, bytesRead));
      this.position += bytesRead;
    }
    this.watch.onBytes?.(this.position);
  }

  async restart(): Promise<void> {
    await this.handle.truncate(0);
    this.position = 0;
    this.hash = startHash(this.file.hash.algorithm, this.file.size);
    this.watch.onBytes?.(0);
  }

  /**
   * Writes at its own place in the file, not at the end: should another process write the same file, both write the same
   * bytes there.
   */
  async write(chunk: Uint8Array): Promise<void> {
    this.hash.update(chunk);
    for (let done = 0; done < chunk.byteLength;) {
      const { bytesWritten } = await this.handle.write(chunk, done, chunk.byteLength - done, this.position + done);
      done += bytesWritten;
    }
    this.position += chunk.byteLength;
    this.watch.onBytes?.(this.position);
  }

  digest(): string {
    return this.hash.digest('hex');
  }
}

async function fetchRest(http: Http, file: Download, writer: Writer, signal: AbortSignal): Promise<void> {
  if (writer.position === file.size) return;
  const range: Record<string, string> = writer.position === 0 ? {} : { range: `bytes=${writer.position}-` };
  const response = await http.get(file.url, { headers: { ...file.headers, ...range }, signal });
  try {
    await receive(response, file, writer, signal);
  } catch (error) {
    // Whatever is still on its way is not wanted; the connection is closed with it.
    await response.body?.cancel().catch(() => undefined);
    throw error;
  }
}

async function receive(response: Response, file: Download, writer: Writer, signal: AbortSignal): Promise<void> {
  const passing = passingStatus(response);
  if (passing !== undefined) throw passing;
  if (response.status === 416 || (response.status === 206 && !continues(response, writer.position))) {
    await writer.restart();
    throw new TransferError(`${file.name} could not be continued.`, 'Run the command again.');
  }
  if (!response.ok) throw file.refuse(response);
  // A server that knows no ranges sends everything again.
  if (response.status !== 206 && writer.position > 0) await writer.restart();
  try {
    for await (const chunk of response.body ?? []) {
      const bytes = chunk as Uint8Array;
      if (writer.position + bytes.byteLength > file.size) {
        throw new UserError(
          `${file.name} is longer than the ${file.size} bytes that were announced.`,
          'Run the command again later: the repository may be changing.',
        );
      }
      await writer.write(bytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UserError || isSystemError(error, 'ENOSPC', 'EDQUOT', 'EIO')) throw error;
    throw transferError(error, file.url);
  }
  if (writer.position < file.size) {
    throw new TransferError(
      `${file.name} ended after ${writer.position} of ${file.size} bytes.`,
      'Run the command again: it goes on where it stopped.',
    );
  }
}

/** Whether a partial answer begins where the bytes here end. */
function continues(response: Response, position: number): boolean {
  return response.headers.get('content-range')?.startsWith(`bytes ${position}-`) === true;
}
