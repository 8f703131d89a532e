/**
 * How the two ends of the socket prove to each other that they hold the same token, without sending it: after a crash another
 * program may listen where the attach file points, and it must learn nothing from a client that comes to it.
 *
 *     client: x-polymath-nonce: N    authorization: Polymath HMAC(token, "client:<port>:N")
 *     server: x-polymath-proof: HMAC(token, "server:<port>:N")
 *
 * The port is part of what is proved, so a program at another port cannot pass a client's proof on to the backend.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const nonceHeader = 'x-polymath-nonce';
export const proofHeader = 'x-polymath-proof';

/** 32 random bytes: the secret of one backend from its start to its end. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export function newNonce(): string {
  return randomBytes(24).toString('base64url');
}

/** 16 to 64 bytes in base64url. */
export function isNonce(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{22,86}$/.test(value);
}

export function proofOf(token: string, side: 'client' | 'server', port: number, nonce: string): string {
  return createHmac('sha256', token).update(`${side}:${port}:${nonce}`).digest('base64url');
}

/** Compares in a time that tells nothing: neither where the two differ nor, because both are hashed, how long they are. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
