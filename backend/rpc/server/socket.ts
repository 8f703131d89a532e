import { createServer, type IncomingMessage, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { largestRequest, socketPath } from '../frames';
import type { Handlers, Place } from '../../protocol/messages';
import { isNonce, nonceHeader, proofHeader, proofOf } from '../proof';
import { FailedAttempts, Gate, refuseForeign } from './access';
import type { EventHub } from './events';
import { Session } from './session';

/** What any program on this computer may use up without the token, and a client with it. */
export const defaultLimits = {
  clients: 32,
  /** Wrong tokens within ten seconds that are still answered; further ones are cut off. */
  wrongTokens: 100,
  headersMilliseconds: 5_000,
  initializeMilliseconds: 10_000,
  pingMilliseconds: 30_000,
  /** Pieces of one message: our clients send it whole. */
  fragments: 64,
  /** Pieces in which the network may deliver one message. */
  chunks: 4_096,
};
export type SocketLimits = typeof defaultLimits;

export interface SocketOptions {
  readonly handlers: Handlers;
  readonly events: EventHub;
  /** See `newToken`. */
  readonly token: string;
  /** The project that is served, and the version of the program. */
  readonly project: Place;
  readonly version: string;
  readonly owner?: 'editor' | 'command';
  /** Called whenever the last client that counts is gone: see `SocketServer.clients`. */
  readonly onLastClientGone?: () => void;
  readonly host?: '127.0.0.1';
  readonly limits?: Partial<SocketLimits>;
  /** Hears of defects and of refused connections; never of tokens. */
  readonly log?: (message: string, error?: unknown) => void;
}

export interface SocketServer {
  readonly port: number;
  readonly http: Server;
  /** Wrong or missing tokens since the start. */
  readonly wrongTokens: number;
  /** Initialized clients, without those that can do without this backend. */
  clients(): number;
  /** All that are connected, whether the backend waits for them or not. */
  sessions(): number;
  /** Hands plain HTTP requests, those from web pages refused already, to a handler that asks for its own key. */
  mount(handler: RequestListener): void;
  /** Takes leave of all clients; their calls are aborted. */
  close(): Promise<void>;
}

/** Listens on this computer alone, at a port that is free. Every upgrade passes `refuse`, every session starts uninitialized. */
export async function startSocket(options: SocketOptions): Promise<SocketServer> {
  const limits = { ...defaultLimits, ...options.limits };
  const http = createServer({
    headersTimeout: limits.headersMilliseconds,
    requestTimeout: 60_000,
    connectionsCheckingInterval: Math.min(1000, limits.headersMilliseconds),
    // A missing Host is refused where all the others are.
    requireHostHeader: false,
  });
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: largestRequest,
    maxFragments: limits.fragments,
    maxBufferedChunks: limits.chunks,
  });
  const gate = new Gate(options.token);
  const wrongTokens = new FailedAttempts(limits.wrongTokens, 10_000);
  const sessions = new Set<Session>();
  let plain: RequestListener | undefined;

  const refuse = (request: IncomingMessage): { status: number; reason: string } | 'cut off' | undefined => {
    const refusal = gate.refuse(request, port);
    if (refusal?.status === 401 && wrongTokens.add()) return 'cut off';
    if (refusal !== undefined) return refusal;
    if (request.url !== socketPath) return { status: 404, reason: 'there is nothing at this path' };
    if (sessions.size >= limits.clients) return { status: 503, reason: `${limits.clients} clients are connected` };
    return undefined;
  };
  const accept = (socket: WebSocket): void => {
    const session = new Session(socket, { ...options, initializeMilliseconds: limits.initializeMilliseconds });
    sessions.add(session);
    socket.once('close', () => {
      sessions.delete(session);
      if (session.awaited && clients() === 0) options.onLastClientGone?.();
    });
  };
  const clients = (): number => [...sessions].filter(({ awaited }) => awaited).length;

  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal = refuse(request);
    if (refusal === undefined) return webSockets.handleUpgrade(request, socket, head, accept);
    if (refusal === 'cut off') return socket.destroy();
    options.log?.(`refused a connection: ${refusal.reason}`);
    return turnAway(socket, refusal.status);
  });
  http.on('request', (request, response) => {
    const refusal = refuseForeign(request, port);
    if (refusal === undefined && plain !== undefined) return plain(request, response);
    return response.writeHead(refusal?.status ?? 404, { connection: 'close' }).end();
  });
  webSockets.on('headers', (headers, request) => {
    const nonce = request.headers[nonceHeader];
    if (isNonce(nonce)) headers.push(`${proofHeader}: ${proofOf(options.token, 'server', port, nonce)}`);
  });

  const port = await listen(http, options.host ?? '127.0.0.1');
  const heartbeat = setInterval(() => sessions.forEach((session) => session.ping()), limits.pingMilliseconds);
  heartbeat.unref();
  return {
    port,
    http,
    clients,
    sessions: () => sessions.size,
    get wrongTokens() {
      return wrongTokens.total;
    },
    mount: (handler) => (plain = handler),
    close: () => {
      clearInterval(heartbeat);
      for (const session of sessions) session.close();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeAllConnections();
      return closed;
    },
  };
}

function listen(http: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen({ host, port: 0 }, () => resolve((http.address() as AddressInfo).port));
  });
}

function turnAway(socket: Duplex, status: number): void {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', 'Content-Length: 0'];
  socket.end(`${lines.join('\r\n')}\r\n\r\n`, () => socket.destroy());
}
