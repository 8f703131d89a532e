import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../rpc/client/connection';
import { ConflictError, UserError } from '../base/errors';
import { exists } from '../base/files';
import type { Backend } from '../protocol/messages';
import { placeOf, samePlace } from '../rpc/place';
import { type Attachment, readAttachment } from './attach';
import { InUseError } from '../store/failures';
import { isAlive } from './lifeline';
import { type Served, type ServeOptions, serveProject } from './serve';

export interface BackendOptions extends Pick<ServeOptions, 'registries'> {
  /** Names the client to a backend that is running. */
  readonly client: string;
  /** Whether a project is made where there is none. */
  readonly create: boolean;
  /** Called when the backend in this process has done its work, and other processes still use it. */
  readonly onWaiting?: (clients: number) => void;
  readonly onAdopted?: (files: number) => void;
}

// Another process may be just about to open or to close the project: its runs write their checkpoints first.
const patienceMilliseconds = 15_000;
const pauseMilliseconds = 150;

/**
 * The backend of a project: the one that has it open already, otherwise one in this process. Throws UserError where there is no
 * project and none is to be made, or its file cannot be opened.
 */
export async function openBackend(
  folder: string,
  { client, create, onWaiting, onAdopted, registries }: BackendOptions,
): Promise<Backend> {
  if (!create && !(await exists(folder))) {
    throw new UserError(
      `There is no project in ${folder}.`,
      'Run `polymath split FILE.jsonl --k N` first, or name it with --project.',
    );
  }
  const serve = async (): Promise<Backend> =>
    (await serveProject(folder, { registries, ...(onWaiting && { onWaiting }), ...(onAdopted && { onAdopted }) }))
      .backend;
  return serveOrElse(folder, (found) => attach(folder, found, client), serve);
}

/**
 * Serves a project in this process; where another one does, says where that one listens. Throws UserError where its file cannot be
 * opened.
 */
export async function serveOrFind(folder: string, options: ServeOptions): Promise<Served | Attachment> {
  const look = async (found: Attachment): Promise<Attachment | undefined> => {
    const backend = await attach(folder, found, 'one that looks who is there');
    await backend?.close();
    return backend && found;
  };
  return serveOrElse<Served | Attachment>(folder, look, () => serveProject(folder, options));
}

/** What `ask` makes of the backend that has the project open, otherwise what `serve` does; waits for one that is about to close. */
async function serveOrElse<T>(
  folder: string,
  ask: (found: Attachment) => Promise<T | undefined>,
  serve: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  for (let attempt = 1; ; attempt++) {
    const found = await readAttachment(folder);
    // Whoever listens now where a dead process did may keep us waiting. A process of another container looks dead, too, but the
    // project is held then.
    const worthTrying = found !== undefined && (attempt > 1 || isAlive(found.pid)) && isOf(found, folder);
    const running = worthTrying ? await ask(found) : undefined;
    if (running !== undefined) return running;
    try {
      return await serve();
    } catch (error) {
      if (!(error instanceof InUseError) || performance.now() - began > patienceMilliseconds) throw error;
      await sleep(pauseMilliseconds);
    }
  }
}

/** Whether a backend left it in this folder, and it did not come here in a copy of another one. */
function isOf(found: Attachment, folder: string): boolean {
  return samePlace(found, placeOf(folder));
}

/** The backend that has the project open; undefined where none answers. */
function attach(folder: string, { port, token }: Attachment, client: string): Promise<Backend | undefined> {
  return connect({ port, token, folder, client }).catch((error: unknown) => {
    // One whose folder was moved or that speaks another protocol says so itself; whatever else fails there is no backend of this project.
    if (error instanceof ConflictError) throw error;
    if (error instanceof UserError && /^The client speaks protocol /.test(error.message)) throw error;
    return undefined;
  });
}
