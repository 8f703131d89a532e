import { WebSocket } from 'ws';
import type { BundleArray } from '../../base/bundle';
import { ConflictError, UserError } from '../../base/errors';
import {
  cancelNotification,
  largestRequest,
  notificationFrame,
  readArrays,
  requestFrame,
  rpcCodes,
  type RequestId,
  type RpcError,
  type ServerMessage,
  socketPath,
  withArrays,
} from '../frames';
import { errorCodes } from '../../protocol/messages';
import { newNonce, nonceHeader, proofHeader, proofOf, sameSecret } from '../proof';

const handshakeMilliseconds = 10_000;
/** Bytes of the largest frame that is taken from the backend. */
const largestReply = 256 * 2 ** 20;

export interface LinkOptions {
  readonly port: number;
  readonly token: string;
  readonly onNotification: (method: string, params: unknown) => void;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears the result in the turn in which it comes, before any message that follows it. */
  readonly onResult?: (result: unknown) => void;
}

/** An error of the backend that is neither the user's nor a conflict: a defect on one side. `code` is that of JSON-RPC. */
export class BackendError extends Error {
  override readonly name = 'BackendError';

  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message);
  }
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens a socket to the backend at this port. The token is not sent: both sides prove that they know it, and nothing at all is
 * sent to a program that does not. Throws UserError where there is no backend or another one.
 */
export async function openLink(options: LinkOptions): Promise<SocketLink> {
  const { port, token } = options;
  const nonce = newNonce();
  const socket = new WebSocket(`ws://127.0.0.1:${port}${socketPath}`, {
    perMessageDeflate: false,
    maxPayload: largestReply,
    handshakeTimeout: handshakeMilliseconds,
    headers: { [nonceHeader]: nonce, authorization: `Polymath ${proofOf(token, 'client', port, nonce)}` },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('upgrade', ({ headers }) => {
      if (sameSecret(String(headers[proofHeader]), proofOf(token, 'server', port, nonce))) return;
      reject(noBackend(port, 'another program listens there'));
      socket.terminate();
    });
    socket.once('unexpected-response', (request, { statusCode }) => {
      reject(noBackend(port, `the answer was ${statusCode}`));
      request.destroy();
    });
    socket.on('error', ({ message }) => reject(noBackend(port, message)));
    socket.once('open', resolve);
  });
  return new SocketLink(socket, options);
}

/** One open socket: requests and their answers. */
export class SocketLink {
  /** Fulfilled with the reason when the socket is closed, by whichever side. */
  readonly closed: Promise<UserError>;
  private readonly pending = new Map<RequestId, Pending>();
  private arrays: { reply: RequestId; arrays: ReadonlyMap<string, BundleArray> } | undefined;
  private lost: UserError | undefined;
  private count = 0;

  constructor(
    private readonly socket: WebSocket,
    private readonly options: LinkOptions,
  ) {
    socket.on('message', (data: Buffer, isBinary) => this.receive(data, isBinary));
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        const lost = connectionLost(code, reason.toString());
        this.lost = lost;
        for (const { reject } of [...this.pending.values()]) reject(lost);
        resolve(lost);
      });
    });
  }

  /** Rejects with what the backend threw, or with UserError where the socket is closed. An abort is answered by the backend. */
  request(method: string, params: unknown, { signal, onResult }: RequestOptions = {}): Promise<unknown> {
    if (this.lost !== undefined) return Promise.reject(this.lost);
    const id = ++this.count;
    const frame = requestFrame(id, method, params);
    if (Buffer.byteLength(frame) > largestRequest) return Promise.reject(tooLarge());
    return new Promise((resolve, reject) => {
      const cancel = (): void => this.socket.send(notificationFrame(cancelNotification, { id }));
      const settle = (): void => {
        this.pending.delete(id);
        signal?.removeEventListener('abort', cancel);
      };
      this.pending.set(id, {
        resolve: (result) => {
          settle();
          onResult?.(result);
          resolve(result);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal?.addEventListener('abort', cancel);
      this.socket.send(frame);
    });
  }

  /** Takes leave; a backend that does not answer is left without. */
  close(): void {
    this.socket.close(1000);
    setTimeout(() => this.socket.terminate(), 1000).unref();
  }

  private receive(data: Buffer, isBinary: boolean): void {
    const message = this.read(data, isBinary);
    if (message === undefined) return;
    if ('method' in message) return this.options.onNotification(message.method, message.params);
    const call = message.id === null ? undefined : this.pending.get(message.id);
    if ('error' in message) return call?.reject(thrown(message.error));
    const arrays = this.arrays?.reply === message.id ? this.arrays?.arrays : undefined;
    this.arrays = undefined;
    return call?.resolve(arrays === undefined ? message.result : withArrays(message.result, arrays));
  }

  /** Undefined for the arrays of the next reply, and for what no backend sends: that ends the connection. */
  private read(data: Buffer, isBinary: boolean): ServerMessage | undefined {
    try {
      if (!isBinary) return JSON.parse(data.toString('utf8')) as ServerMessage;
      this.arrays = readArrays(data);
    } catch {
      this.socket.terminate();
    }
    return undefined;
  }
}

/** The error as the backend threw it. */
function thrown({ code, message, data }: RpcError): Error {
  const next = data?.next ?? '';
  switch (code) {
    case errorCodes.userError:
      return new UserError(message, next);
    case rpcCodes.invalidParams:
      return new UserError(message, 'Give another value.');
    case errorCodes.conflict:
      return new ConflictError(message, next);
    case errorCodes.cancelled:
      return new DOMException(message, 'AbortError');
    default:
      return new BackendError(message, code);
  }
}

function noBackend(port: number, why: string): UserError {
  return new UserError(`The backend does not answer at port ${port}: ${why}.`, 'Start the backend again.');
}

function connectionLost(code: number, reason: string): UserError {
  const why = reason === '' ? `code ${code}` : `code ${code}: ${reason}`;
  return new UserError(
    `The connection to the backend was closed (${why}).`,
    'See whether what was under way is done, and try again.',
  );
}

function tooLarge(): UserError {
  return new UserError(`What is sent at once is larger than ${largestRequest / 2 ** 20} MiB.`, 'Send less at once.');
}
