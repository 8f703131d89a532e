import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientOptions, WebSocket } from 'ws';
import { connect, type Connection, type ConnectOptions } from '../../backend/rpc/client/connection';
import { socketPath } from '../../backend/rpc/frames';
import type { BackendEvent } from '../../backend/protocol/event';
import { type Handlers, type Method, methods, protocolVersion } from '../../backend/protocol/messages';
import { placeOf } from '../../backend/rpc/place';
import { newToken } from '../../backend/rpc/proof';
import { EventHub } from '../../backend/rpc/server/events';
import { type SocketOptions, type SocketServer, startSocket } from '../../backend/rpc/server/socket';

export interface Backend extends SocketServer {
  readonly token: string;
  readonly events: EventHub;
  /** Methods that were carried out, in order. */
  readonly calls: string[];
  readonly logged: { message: string; error: unknown }[];
}

type Options = Partial<Omit<SocketOptions, 'handlers'>> & { handlers?: Partial<Handlers> };

export const methodNames = Object.keys(methods) as Method[];

/** A backend whose handlers answer {} where the test gives none. */
export async function startBackend({ handlers = {}, ...options }: Options = {}): Promise<Backend> {
  const calls: string[] = [];
  const logged: Backend['logged'] = [];
  const answering = methodNames.map((method): [string, unknown] => [
    method,
    (...given: unknown[]): unknown => {
      calls.push(method);
      const handler = (handlers as Record<string, ((...given: unknown[]) => unknown) | undefined>)[method];
      return handler === undefined ? Promise.resolve({}) : handler(...given);
    },
  ]);
  const token = newToken();
  const events = options.events ?? new EventHub();
  const server = await startSocket({
    handlers: Object.fromEntries(answering) as Handlers,
    events,
    token,
    project: placeOf('.'),
    version: '0.0.0',
    log: (message, error) => logged.push({ message, error }),
    ...options,
  });
  return Object.assign(server, { token, events, calls, logged });
}

export function client(backend: Backend, options: Partial<ConnectOptions> = {}): Promise<Connection> {
  return connect({ port: backend.port, token: backend.token, folder: '.', client: 'test', ...options });
}

/** A WebSocket that knows the token and nothing of the protocol; messages are gathered from the start. */
export class RawClient {
  readonly received: Record<string, unknown>[] = [];
  private read = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) this.received.push(JSON.parse(data.toString('utf8')) as Record<string, unknown>);
    });
    socket.on('error', () => undefined);
  }

  static async open(backend: Backend, options: ClientOptions = {}): Promise<RawClient> {
    const headers = { authorization: `Bearer ${backend.token}` };
    const raw = new RawClient(new WebSocket(`ws://127.0.0.1:${backend.port}${socketPath}`, { headers, ...options }));
    await once(raw.socket, 'open');
    return raw;
  }

  static async initialized(backend: Backend, options: ClientOptions = {}): Promise<RawClient> {
    const raw = await RawClient.open(backend, options);
    await raw.exchange(initializeRequest());
    return raw;
  }

  /** Sends a message (text as it is, everything else as JSON) and gives the next one that comes. */
  async exchange(message: unknown): Promise<Record<string, unknown>> {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    return this.next();
  }

  /** The next message; fails when the connection is closed instead. */
  next(): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const closed = this.socket.readyState === WebSocket.CLOSED;
        if (this.read === this.received.length && !closed) return;
        this.socket.off('message', look).off('close', look);
        if (this.read < this.received.length) resolve(this.received[this.read++]);
        else reject(new Error('the connection was closed'));
      };
      this.socket.on('message', look).on('close', look);
      look();
    });
  }

  /** The code with which the server closes. */
  async closed(): Promise<number> {
    const [code] = (await once(this.socket, 'close')) as [number];
    return code;
  }
}

export function initializeRequest(params: object = {}): object {
  return {
    jsonrpc: '2.0',
    id: 'hello',
    method: 'initialize',
    params: { protocol: protocolVersion, client: 't', project: placeOf('.'), ...params },
  };
}

export function errorOf(reply: Record<string, unknown>): { code: number; message: string; data?: { next: string } } {
  if (!('error' in reply)) throw new Error(`no error: ${JSON.stringify(reply)}`);
  return reply.error as { code: number; message: string; data?: { next: string } };
}

/** Sends bytes over TCP and gives all that comes back until the server closes. */
export async function tcp(port: number, text: string): Promise<string> {
  const socket = connectTcp({ host: '127.0.0.1', port });
  let answer = '';
  socket.on('data', (data: Buffer) => (answer += data.toString('latin1')));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

export function changed(id: string): BackendEvent {
  return { type: 'changed', what: 'datasets', id };
}

export function progress(run: string, done: number): BackendEvent {
  return { type: 'progress', run, progress: { stage: 'training', done, total: 100_000, unit: 'tokens' } };
}

/** Waits until something holds; fails after five seconds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${String(holds)}`);
    await sleep(5);
  }
}
