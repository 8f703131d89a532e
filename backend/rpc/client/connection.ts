import { setTimeout as sleep } from 'node:timers/promises';
import { placeOf } from '../place';
import { type SocketLink, openLink } from './link';
import type { AnswerToken } from '../../protocol/answers';
import type { NumberedEvent } from '../../protocol/event';
import {
  type Backend,
  type CallOptions,
  eventNotification,
  type Method,
  type Params,
  protocolVersion,
  type Result,
  tokenNotification,
} from '../../protocol/messages';

const usualPauses = [0, 100, 200, 400, 800, 1600, 3200];
const initializeMilliseconds = 10_000;

export interface ConnectOptions {
  readonly port: number;
  readonly token: string;
  /** The project that is meant: a backend of another one is refused, also where this one was moved away meanwhile. */
  readonly folder: string;
  /** Names the client: "vscode 1.101". */
  readonly client: string;
  /** Whether the backend may end without waiting for this client; not so by default. */
  readonly yields?: boolean;
  /** Whether to come back when the connection is lost. Calls wait meanwhile; those under way are rejected. */
  readonly reconnect?: boolean;
  /** Milliseconds to wait before each attempt to come back; after the last the connection is given up. */
  readonly pauses?: readonly number[];
  /** Called where events were lost while away: what is shown must be asked anew. */
  readonly onResync?: () => void;
  /** Called once at the end, with what `Connection.closed` gives. */
  readonly onClosed?: (reason: Error | undefined) => void;
}

/** A backend at the other end of a socket. */
export interface Connection extends Backend {
  /** What the backend said of itself when it was first met. */
  readonly hello: Result<'initialize'>;
}

/**
 * Connects to the backend at this port. Throws UserError where there is none, another one, or one of another protocol, and
 * ConflictError where it is not that of the project.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const inbox = new Inbox(options.onResync);
  const ending = new AbortController();
  const first = await meet(options, inbox);
  let link = Promise.resolve(first.link);

  const stayConnected = async (): Promise<Error | undefined> => {
    for (;;) {
      const reason = await (await link).closed;
      if (ending.signal.aborted) return undefined;
      if (options.reconnect !== true) return reason;
      link = comeBack(options, inbox, ending.signal);
      const failure = await link.then(
        () => undefined,
        (error: Error) => error,
      );
      if (failure !== undefined) return ending.signal.aborted ? undefined : failure;
    }
  };
  const closed = stayConnected();
  void closed.then((reason) => options.onClosed?.(reason));

  return {
    hello: first.hello,
    closed,
    listen: (listener) => inbox.listen(listener),
    async call<M extends Method>(method: M, params: Params<M>, { signal, onToken }: CallOptions = {}) {
      const open = await link;
      signal?.throwIfAborted();
      const stream = onToken && inbox.openStream(onToken);
      try {
        return (await open.request(method, stream ? { ...params, stream } : params, { signal })) as Result<M>;
      } finally {
        inbox.closeStream(stream);
      }
    },
    async close() {
      ending.abort();
      await link.then(
        (open) => open.close(),
        () => undefined,
      );
      await closed;
    },
  };
}

/** Opens a socket, and makes it a client of the backend. */
async function meet(options: ConnectOptions, inbox: Inbox): Promise<{ link: SocketLink; hello: Result<'initialize'> }> {
  const link = await openLink({ ...options, onNotification: (method, params) => inbox.take(method, params) });
  const impatience = setTimeout(() => link.close(), initializeMilliseconds);
  try {
    const { client, yields, folder } = options;
    const params = { protocol: protocolVersion, client, project: placeOf(folder), seen: inbox.seen, yields };
    const onResult = (hello: unknown): void => inbox.welcome(hello as Result<'initialize'>);
    return { link, hello: (await link.request('initialize', params, { onResult })) as Result<'initialize'> };
  } catch (error) {
    link.close();
    throw error;
  } finally {
    clearTimeout(impatience);
  }
}

async function comeBack(options: ConnectOptions, inbox: Inbox, ending: AbortSignal): Promise<SocketLink> {
  let failure: unknown;
  for (const pause of options.pauses ?? usualPauses) {
    await sleep(pause, undefined, { signal: ending });
    try {
      return (await meet(options, inbox)).link;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** What comes unasked: every event once and in order, over all sockets, and the tokens of answers under way. */
class Inbox {
  /** The latest event that was heard, for the backend to go on from; undefined before the first meeting. */
  seen: { epoch: string; sequence: number } | undefined;
  private readonly listeners = new Set<(event: NumberedEvent) => void>();
  private readonly streams = new Map<string, (token: AnswerToken) => void>();
  private streamCount = 0;

  constructor(private readonly onResync: (() => void) | undefined) {}

  welcome({ epoch, sequence, missed }: Result<'initialize'>): void {
    const returns = this.seen !== undefined;
    if (missed === null) {
      this.seen = { epoch, sequence };
      if (returns) this.onResync?.();
    } else for (const event of missed) this.hear(event);
  }

  take(method: string, params: unknown): void {
    if (method === eventNotification) this.hear(params as NumberedEvent);
    if (method !== tokenNotification) return;
    const { stream, token } = params as { stream: string; token: AnswerToken };
    this.streams.get(stream)?.(token);
  }

  listen(listener: (event: NumberedEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  openStream(onToken: (token: AnswerToken) => void): string {
    const stream = String(++this.streamCount);
    this.streams.set(stream, onToken);
    return stream;
  }

  closeStream(stream: string | undefined): void {
    if (stream !== undefined) this.streams.delete(stream);
  }

  private hear(event: NumberedEvent): void {
    if (this.seen !== undefined) this.seen.sequence = event.sequence;
    for (const listener of [...this.listeners]) listener(event);
  }
}
