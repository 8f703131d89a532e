import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { isSystemError } from '../backend/base/files';

/** A program that makes data smaller, as the baseline of a language model. */
export interface Compressor {
  readonly name: string;
  /** How far it looks back, in bytes. */
  readonly window: number;
  /** Bytes that the data takes, compressed as one file. */
  readonly size: (data: Buffer) => Promise<number>;
}

export const gzip: Compressor = {
  name: 'gzip -9',
  window: 2 ** 15,
  size: (data) => Promise.resolve(gzipSync(data, { level: 9 }).length),
};

const MiB = 2 ** 20;

/** The `xz` program, its window large enough for the data. */
export const xz: Compressor = { name: 'xz -9e', window: 1024 * MiB, size: xzSize };

/** Whether this machine has the compressor's program. */
export async function isPresent({ size }: Compressor): Promise<boolean> {
  try {
    await size(Buffer.alloc(0));
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** The same compressor on a file that begins with `prior`, as much of it as the window holds: what data adds to its size. */
export async function primed({ name, window, size }: Compressor, prior: Buffer): Promise<Compressor> {
  const seen = prior.subarray(Math.max(0, prior.length - window));
  const alone = await size(seen);
  return {
    name: `${name}, primed`,
    window,
    size: async (data) => (await size(Buffer.concat([seen, data]))) - alone,
  };
}

async function xzSize(data: Buffer): Promise<number> {
  // 64 MiB is what -9 has.
  const dictionary = Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, data.length) / MiB)));
  const child = spawn('xz', ['--stdout', '--threads=1', `--lzma2=preset=9e,dict=${dictionary}MiB`]);
  const [compressed, message] = await new Promise<[Buffer, Buffer]>((resolve, reject) => {
    child.on('error', reject);
    child.stdin.on('error', reject);
    Promise.all([buffer(child.stdout), buffer(child.stderr)]).then(resolve, reject);
    child.stdin.end(data);
  });
  if (compressed.length === 0) throw new Error(`xz failed: ${message.toString()}`);
  return compressed.length;
}
