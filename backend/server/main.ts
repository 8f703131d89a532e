/**
 * The backend as the editor starts it: `main <project folder>`. Says where it listens in one line of JSON on standard output, and
 * ends when its standard input closes or its parent is gone, and no run is to be kept until it is done; at once where another process serves the project, with a line that
 * says where. Everything else it has to say goes to standard error.
 */
import { announce } from '../rpc/announcement';
import { UserError } from '../base/errors';
import { adoption } from './adoption';
import { onParentGone } from './lifeline';
import { serveOrFind } from './open';
import type { Served } from './serve';

const [, , folder] = process.argv;
let served: Served | undefined;
let ending = false;

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  // Runs write their checkpoints within ten seconds or are killed; whatever hangs longer must not keep an orphan alive.
  setTimeout(() => process.exit(code), 15_000).unref();
  await served?.close();
  process.exit(code);
}

function fail(error: unknown): void {
  console.error(error);
  void end(1);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
onParentGone(() => void leave());
// When the editor is gone nobody hears what is said.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** The editor is gone: runs that are kept go on, and other windows may find them. */
async function leave(): Promise<void> {
  await served?.outlive();
  await end(0);
}

try {
  if (folder === undefined) throw new UserError('No project was named.', 'Give the folder of the project.');
  const found = await serveOrFind(folder, {
    log: (message, error) => console.error(message, error ?? ''),
    onAdopted: (files) => console.error(adoption(files)),
    onClose: () => void end(0),
  });
  const { port, token, folder: real } = found;
  if ('close' in found) {
    served = found;
    process.stdout.write(announce({ polymath: 'ready', port, token, pid: process.pid, folder: real }));
  } else {
    process.stdout.write(announce({ polymath: 'elsewhere', port, token, pid: found.pid, folder: real }), () =>
      process.exit(0),
    );
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  const { message, next } = error;
  // Pipes are not written at once on every system: whoever ends before loses the line.
  process.stdout.write(announce({ polymath: 'failed', message, next }), () => process.exit(1));
}
