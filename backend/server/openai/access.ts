/** The one place where a request to the endpoint is let in, before anything else is looked at. */
import type { IncomingMessage } from 'node:http';
import { sameSecret } from '../../rpc/proof';
import { bearer, refuseForeign } from '../../rpc/server/access';
import { ApiError } from './errors';

/** Throws ApiError for what a web page can send. */
export function checkHere(request: IncomingMessage): void {
  const foreign = refuseForeign(request, request.socket.localPort ?? 0);
  if (foreign !== undefined) throw new ApiError(foreign.status, `The request is refused: ${foreign.reason}.`);
}

/** Throws ApiError for what a web page can send, and for whoever does not know the key. llama.cpp's clients send it as `X-Api-Key`. */
export function checkAccess(request: IncomingMessage, key: string): void {
  checkHere(request);
  const named = request.headers['x-api-key'];
  const given = bearer(request) ?? (typeof named === 'string' ? named : undefined);
  if (given !== undefined && sameSecret(given, key)) return;
  throw new ApiError(401, 'Send the key of this endpoint as "Authorization: Bearer <key>".', {
    code: 'invalid_api_key',
  });
}
