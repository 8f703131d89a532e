/** What can go wrong between here and a server, in words that a user can act on. */
import type { Response } from 'undici';
import { UserError } from '../../base/errors';

interface Nature {
  /** Whether another attempt may succeed. */
  readonly passing?: boolean;
  /** Whether no server was reached at all. */
  readonly unreachable?: boolean;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter?: number;
}

/** A transfer failed. What was transferred before is kept. */
export class TransferError extends UserError {
  override readonly name = 'TransferError';
  readonly passing: boolean;
  readonly unreachable: boolean;
  readonly retryAfter: number;

  constructor(message: string, next: string, { passing = true, unreachable = false, retryAfter = 0 }: Nature = {}) {
    super(message, next);
    this.passing = passing;
    this.unreachable = unreachable;
    this.retryAfter = retryAfter;
  }
}

const checkNetwork =
  'Check the network, HTTPS_PROXY, ALL_PROXY and NO_PROXY, then run the command again: it goes on where it stopped.';

const causes: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ETIMEDOUT: 'there is no answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network',
  UND_ERR_CONNECT_TIMEOUT: 'there is no answer',
  UND_ERR_HEADERS_TIMEOUT: 'there is no answer',
  UND_ERR_BODY_TIMEOUT: 'nothing came any more',
};

const neverConnected = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** What `fetch` threw, with its cause in words. */
export function transferError(error: unknown, url: string): TransferError {
  const { host } = new URL(url);
  const [code, message] = rootCause(error);
  if (message.includes('HTTP Tunneling')) {
    const status = /\((\d+)\)/.exec(message)?.[1] ?? 'an error';
    return new TransferError(
      `The proxy does not let ${host} through (it answered ${status}).`,
      'Check HTTPS_PROXY with its user and password, or name the host in NO_PROXY.',
      { passing: false, unreachable: true },
    );
  }
  if (code.startsWith('UND_ERR_SOCKS5')) {
    return new TransferError(
      `The SOCKS proxy does not let ${host} through (${message.replace(/\.$/, '')}).`,
      'Check ALL_PROXY or HTTPS_PROXY with its user and password, or name the host in NO_PROXY.',
      { passing: false, unreachable: true },
    );
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/.test(code)) {
    return new TransferError(
      `The certificate of ${host} is not trusted (${message}).`,
      'Where a proxy opens encrypted connections, name its certificate in NODE_EXTRA_CA_CERTS.',
      { passing: false, unreachable: true },
    );
  }
  const unreachable = neverConnected.includes(code);
  const why = causes[code] ?? (message || code);
  return new TransferError(
    unreachable ? `${host} cannot be reached: ${why}.` : `The transfer from ${host} broke off: ${why}.`,
    checkNetwork,
    { unreachable },
  );
}

/** Code and message of the innermost cause. */
function rootCause(error: unknown): [string, string] {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  // Node tries all addresses of a name, and gathers what went wrong.
  if (inner instanceof AggregateError && inner.errors[0] instanceof Error) inner = inner.errors[0];
  if (!(inner instanceof Error)) return ['', String(inner)];
  return ['code' in inner ? String(inner.code) : '', inner.message];
}

/** A status that says: not now. */
export function passingStatus(response: Response): TransferError | undefined {
  const { status } = response;
  if (status < 500 && status !== 429 && status !== 408) return undefined;
  const { host } = new URL(response.url);
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return new TransferError(
    status === 429 ? `${host} wants fewer requests (429).` : `${host} has a problem of its own (${status}).`,
    status === 429
      ? 'Wait a few minutes and run the command again: it goes on where it stopped. With a token (HF_TOKEN) more is allowed.'
      : 'Run the command again later: it goes on where it stopped.',
    { retryAfter: Number.isFinite(seconds) ? 1000 * seconds : 0 },
  );
}
