import { setTimeout as sleep } from 'node:timers/promises';
import { type Backend, type Handlers, type Place, protocolVersion } from '../protocol/messages';
import { isInPlace, placeOf, requireInPlace } from '../rpc/place';
import { newToken } from '../rpc/proof';
import { version } from '../base/version';
import { removeAttachment, writeAttachment } from './attach';
import { createHandlers } from './handlers';
import { LocalBackend } from './local-backend';
import { Project } from './project';
import type { Registries } from './registries';
import { startSocket } from '../rpc/server/socket';

export interface Served {
  readonly folder: string;
  readonly port: number;
  readonly token: string;
  /** The backend without the socket, for the process that it runs in. */
  readonly backend: Backend;
  /**
   * Resolves when the backend may end although nobody told it to: at once where no run is kept; else when all of them are done and no
   * client is left. Runs that are not kept are interrupted as soon as there is no client.
   */
  outlive(): Promise<void>;
  /** Lets go of the project: runs are interrupted, each with a checkpoint. */
  close(): Promise<void>;
}

export interface ServeOptions {
  /** Called when closing has to wait for clients of other processes; without it closing does not wait. */
  readonly onWaiting?: (clients: number) => void;
  readonly onLastClientGone?: () => void;
  /** Hears how many files of a project of an earlier version were hashed as they were found. */
  readonly onAdopted?: (files: number) => void;
  /** Ends the backend when a client asks for it: an editor's. Without it that is refused. */
  readonly onClose?: () => void;
  readonly log?: (message: string, error?: unknown) => void;
  /** What the project can do; what this version can by default. */
  readonly registries?: Registries | undefined;
}

/**
 * Opens the project of a folder and serves it: whoever opens the same project meanwhile finds this process by the file that it
 * leaves, and asks it. Throws as `Project.open` does.
 */
export async function serveProject(folder: string, options: ServeOptions = {}): Promise<Served> {
  const project = await Project.open(folder, options.registries);
  if (project.store.adopted > 0) options.onAdopted?.(project.store.adopted);
  const place = placeOf(project.folder);
  const { handlers: all, endpoint } = createHandlers(project, options.onClose);
  const handlers = inPlace(all, place);
  const token = newToken();
  const { events } = project;
  const owner = options.onClose === undefined ? 'command' : 'editor';
  const socket = await startSocket({ handlers, events, token, project: place, version, owner, ...options });
  const { port } = socket;
  await writeAttachment({ ...place, pid: process.pid, port, token, protocol: protocolVersion, version });
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    if (options.onWaiting !== undefined && socket.clients() > 0) {
      options.onWaiting(socket.clients());
      while (socket.clients() > 0) await sleep(100);
    }
    await removeAttachment(project.folder, token);
    await endpoint.stop();
    await socket.close();
    // By its path the backup would come to lie in whatever stands there now.
    await project.close({ backup: isInPlace(place) });
  };
  const outlive = async (): Promise<void> => {
    const { queue } = project;
    if (!queue.keeps) return;
    while (queue.keeps || socket.sessions() > 0) {
      if (socket.sessions() === 0) await queue.interruptOthers();
      await sleep(250);
    }
  };
  const close = (): Promise<void> => (closing ??= end());
  return { folder: project.folder, port, token, backend: new LocalBackend(handlers, events, close), outlive, close };
}

/**
 * The same handlers, which do nothing once the folder that was opened is not at its place any more: by their paths they would read and
 * write what stands there now.
 */
function inPlace(handlers: Handlers, place: Place): Handlers {
  const table = Object.entries(handlers as Readonly<Record<string, (...given: unknown[]) => Promise<unknown>>>);
  const looking = table.map(([method, handle]): (typeof table)[number] => [
    method,
    async (...given) => {
      // To let go of it is always right.
      if (method !== 'project/close') requireInPlace(place);
      return handle(...given);
    },
  ]);
  return Object.fromEntries(looking) as unknown as Handlers;
}
