import type { WebSocket } from 'ws';
import { ConflictError, UserError } from '../../base/errors';
import { errorFrame, notificationFrame, replyFrames, type RequestId, type RpcError } from '../frames';
import type { AnswerToken } from '../../protocol/answers';
import type { NumberedEvent } from '../../protocol/event';
import {
  errorCodes,
  eventNotification,
  type Given,
  type Handlers,
  type Method,
  type Place,
  protocolVersion,
  type Result,
  tokenNotification,
} from '../../protocol/messages';
import type { EventHub } from './events';
import { Outbox } from './outbox';
import { requireSame } from '../place';
import { type Incoming, isMethod, readParams, readRequest, rpcError } from './request';

/** Calls of one client that may be under way at once. */
const mostInFlight = 256;
const leaveMilliseconds = 1000;

export interface SessionOptions {
  readonly handlers: Handlers;
  readonly events: EventHub;
  /** Version of the program, told to each client. */
  readonly version: string;
  /** The project that is open here: a client that means another one is refused. */
  readonly project: Place;
  readonly owner?: 'editor' | 'command';
  /** How long a client may take to initialize. */
  readonly initializeMilliseconds: number;
  /** Hears of defects: what a client is not told. */
  readonly log?: ((message: string, error: unknown) => void) | undefined;
}

type Request = Extract<Incoming, { kind: 'request' }>;

/** One client at the other end of a socket: nothing of it outlives the socket. */
export class Session {
  initialized = false;
  /** Whether it counts among those that the backend waits for. */
  awaited = false;
  private readonly outbox: Outbox;
  private readonly inFlight = new Map<RequestId, AbortController>();
  private readonly patience: NodeJS.Timeout;
  private unsubscribe = (): void => undefined;
  private answeredPing = true;

  constructor(
    private readonly socket: WebSocket,
    private readonly options: SessionOptions,
  ) {
    this.outbox = new Outbox(socket);
    this.patience = setTimeout(() => socket.close(1008, 'initialize came too late'), options.initializeMilliseconds);
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) socket.close(1003, 'binary frames are not taken');
      else this.receive(data.toString('utf8'));
    });
    socket.on('pong', () => (this.answeredPing = true));
    socket.on('close', () => this.end());
    // The socket closes itself with the code that says what was wrong (1002, 1007, 1008, 1009).
    socket.on('error', () => undefined);
  }

  /** Gives up a client that did not answer the last ping: its computer sleeps, or its process hangs. */
  ping(): void {
    if (!this.answeredPing) return this.socket.terminate();
    this.answeredPing = false;
    this.socket.ping();
  }

  /** Takes leave; a client that does not answer is left without. */
  close(): void {
    this.socket.close(1001, 'the backend ends');
    setTimeout(() => this.socket.terminate(), leaveMilliseconds).unref();
  }

  private end(): void {
    clearTimeout(this.patience);
    this.unsubscribe();
    this.outbox.clear();
    for (const call of this.inFlight.values()) call.abort();
  }

  private receive(text: string): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    const incoming = readRequest(text);
    if (incoming.kind === 'refused') this.replyError(incoming.id, incoming.error);
    else if (incoming.kind === 'cancel') this.inFlight.get(incoming.id)?.abort();
    else if (incoming.kind === 'request') this.start(incoming);
  }

  private start({ id, method, params }: Request): void {
    // The id of the reply is null, for the id itself would end the call that holds it.
    if (this.inFlight.has(id)) return this.replyError(null, rpcError('invalidRequest', `The id ${id} is in use.`));
    if (method === 'initialize') return this.initialize(id, params);
    if (!this.initialized) {
      return this.replyError(id, { code: errorCodes.notInitialized, message: 'The first request must be initialize.' });
    }
    if (!isMethod(method)) return this.replyError(id, rpcError('methodNotFound', `There is no method ${method}.`));
    if (this.inFlight.size >= mostInFlight) {
      return this.replyError(id, rpcError('invalidRequest', `More than ${mostInFlight} calls are under way.`));
    }
    const read = readParams(method, params);
    if ('error' in read) this.replyError(id, read.error);
    else void this.carryOut(id, method as keyof Handlers, read.params);
  }

  private async carryOut(id: RequestId, method: keyof Handlers, params: unknown): Promise<void> {
    const call = new AbortController();
    this.inFlight.set(id, call);
    const handler = this.options.handlers[method] as (params: unknown, options: object) => Promise<unknown>;
    const onToken = method === 'ask' ? this.tokenStream(id, params as Given<'ask'>) : undefined;
    try {
      const result = await handler(params, { signal: call.signal, ...(onToken && { onToken }) });
      this.outbox.reply(replyFrames(id, result));
    } catch (error) {
      this.replyError(id, this.failure(method, error, call.signal));
    } finally {
      this.inFlight.delete(id);
    }
  }

  /** Where an answer's tokens go, until its reply has gone. */
  private tokenStream(id: RequestId, { stream }: Given<'ask'>): ((token: AnswerToken) => void) | undefined {
    if (stream === undefined) return undefined;
    return (token) => {
      if (this.inFlight.has(id)) this.outbox.notify(notificationFrame(tokenNotification, { stream, token }));
    };
  }

  private initialize(id: RequestId, params: unknown): void {
    if (this.initialized) return this.replyError(id, rpcError('invalidRequest', 'This client is initialized already.'));
    const unfit = wrongProtocol(params);
    if (unfit !== undefined) {
      this.replyError(id, unfit);
      return this.socket.close(1008, 'another protocol');
    }
    const read = readParams('initialize', params);
    if ('error' in read) return this.replyError(id, read.error);
    const { events, version, project, owner = 'command' } = this.options;
    const { seen, yields, project: meant } = read.params as Given<'initialize'>;
    try {
      requireSame(meant, project);
    } catch (error) {
      this.replyError(id, this.failure('initialize', error));
      return this.socket.close(1008, 'another project');
    }
    const missed = seen?.epoch === events.epoch ? events.since(seen.sequence) : null;
    const { epoch, latest: sequence } = events;
    const hello = {
      protocol: protocolVersion,
      version,
      project: project.folder,
      pid: process.pid,
      owner,
      epoch,
      sequence,
      missed,
    };
    this.outbox.reply(replyFrames(id, hello satisfies Result<'initialize'>));
    // In the same turn as the reply: no event is lost or told twice between the two.
    this.unsubscribe = events.subscribe((event) => this.tell(event));
    this.initialized = true;
    this.awaited = !yields;
    clearTimeout(this.patience);
  }

  private tell(numbered: NumberedEvent): void {
    const { event } = numbered;
    const key = event.type === 'progress' ? event.run : undefined;
    this.outbox.notify(notificationFrame(eventNotification, numbered), key);
  }

  private replyError(id: RequestId | null, error: RpcError): void {
    this.outbox.reply([errorFrame(id, error)]);
  }

  /** What a client is told of an error: the user's mistakes and conflicts in full, of a defect only that there is one. */
  private failure(method: Method, error: unknown, signal?: AbortSignal): RpcError {
    if (error instanceof UserError) {
      const code = error instanceof ConflictError ? errorCodes.conflict : errorCodes.userError;
      return { code, message: error.message, data: { next: error.next } };
    }
    if (signal?.aborted === true || (error instanceof Error && error.name === 'AbortError')) {
      return { code: errorCodes.cancelled, message: `${method} was cancelled.` };
    }
    this.options.log?.(`${method} failed`, error);
    return rpcError(
      'internalError',
      `The backend failed at ${method}: a defect in Polymath. Please report it with the log.`,
    );
  }
}

/** Asked before the schema, which may well have changed with the number. */
function wrongProtocol(params: unknown): RpcError | undefined {
  if (typeof params !== 'object' || params === null || !('protocol' in params)) return undefined;
  const { protocol } = params;
  if (!Number.isInteger(protocol) || protocol === protocolVersion) return undefined;
  const clientIsOlder = Number(protocol) < protocolVersion;
  const next = clientIsOlder
    ? 'Update Polymath and reload the window.'
    : 'Close all windows of this project, so that its backend ends; then open it again.';
  const older = clientIsOlder ? 'client' : 'backend';
  const message = `The client speaks protocol ${Number(protocol)}, the backend ${protocolVersion}: the ${older} is older.`;
  return { code: errorCodes.userError, message, data: { next } };
}
