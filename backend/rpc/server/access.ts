/** Who may talk to this computer's backend: the one place where a request is let in, for the socket and for plain HTTP. */
import type { IncomingMessage } from 'node:http';
import { isNonce, nonceHeader, proofOf, sameSecret } from '../proof';

/** Why a request was turned away. */
export interface UpgradeRefusal {
  readonly status: 401 | 403;
  readonly reason: string;
}

/** Accepted nonces that are remembered; only who holds the token can add to them. */
const rememberedNonces = 10_000;

/**
 * Refuses what a web page can send: browsers put `Origin` on every WebSocket and cross-site request and our clients on none,
 * and after DNS rebinding the `Host` is the attacker's name.
 */
export function refuseForeign(request: IncomingMessage, port: number): UpgradeRefusal | undefined {
  if (request.headers.origin !== undefined) return { status: 403, reason: 'it comes from a web page (Origin)' };
  const hosts = request.headersDistinct.host ?? [];
  const allowed = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  if (hosts.length === 1 && allowed.includes(hosts[0].toLowerCase())) return undefined;
  return { status: 403, reason: 'its Host is not this computer' };
}

/** The key of `Authorization: Bearer <key>`. */
export function bearer(request: IncomingMessage): string | undefined {
  return credentials(request, 'bearer');
}

/** Judges requests for the holder of one token. */
export class Gate {
  private readonly usedNonces = new Set<string>();

  constructor(private readonly token: string) {}

  /** Undefined for a request that may come in: nothing foreign, with the token or the proof of knowing it. */
  refuse(request: IncomingMessage, port: number): UpgradeRefusal | undefined {
    const foreign = refuseForeign(request, port);
    if (foreign !== undefined) return foreign;
    const token = bearer(request);
    const proof = credentials(request, 'polymath');
    const known =
      (token !== undefined && sameSecret(token, this.token)) ||
      (proof !== undefined && this.proves(proof, request.headers[nonceHeader], port));
    return known ? undefined : { status: 401, reason: 'it does not know the token' };
  }

  private proves(proof: string, nonce: unknown, port: number): boolean {
    if (!isNonce(nonce) || this.usedNonces.has(nonce)) return false;
    if (!sameSecret(proof, proofOf(this.token, 'client', port, nonce))) return false;
    this.usedNonces.add(nonce);
    const [oldest] = this.usedNonces;
    if (this.usedNonces.size > rememberedNonces) this.usedNonces.delete(oldest);
    return true;
  }
}

/** Counts failed attempts, and tells when there were too many of them within the window. */
export class FailedAttempts {
  /** Since the start. */
  total = 0;
  private recent: number[] = [];

  constructor(
    private readonly most: number,
    private readonly windowMilliseconds: number,
  ) {}

  /** Whether this failure is one too many. */
  add(now = Date.now()): boolean {
    this.total++;
    this.recent = this.recent.filter((time) => now - time < this.windowMilliseconds);
    if (this.recent.length < this.most) this.recent.push(now);
    else return true;
    return false;
  }
}

function credentials(request: IncomingMessage, scheme: string): string | undefined {
  const [given, value, ...rest] = (request.headers.authorization ?? '').split(' ');
  return given.toLowerCase() === scheme && value && rest.length === 0 ? value : undefined;
}
