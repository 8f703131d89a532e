/** From the text of a frame to a request that can be carried out, or the error that answers it. Nothing here has an effect. */
import { z } from 'zod';
import { firstFault } from '../../base/issues';
import { cancelNotification, rpcCodes, type RequestId, type RpcError } from '../frames';
import { type Method, methods } from '../../protocol/messages';

/** Deepest nesting of a message that is read: whoever walks it after us may do so by recursion. */
const deepestNesting = 64;
const longestMessage = 2000;

export type Incoming =
  | { readonly kind: 'request'; readonly id: RequestId; readonly method: string; readonly params: unknown }
  | { readonly kind: 'cancel'; readonly id: RequestId }
  /** Another notification: JSON-RPC wants no answer to it. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'refused'; readonly id: RequestId | null; readonly error: RpcError };

const requestId = z.union([z.string().max(100), z.int()]);
const envelope = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: requestId.optional(),
  method: z.string().max(200),
  params: z.unknown().optional(),
});
const cancelParams = z.strictObject({ id: requestId });

/** Keys that reach an object's prototype in code that copies fields one by one. */
const prototypeKeys = new Set(['__proto__', 'constructor', 'prototype']);

export function readRequest(text: string): Incoming {
  if (nestsTooDeep(text)) return refused(null, 'invalidRequest', `nested more than ${deepestNesting} deep`);
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    return refused(null, 'parseError', `not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (Array.isArray(message)) return refused(null, 'invalidRequest', 'batches are not taken: send one request a frame');
  if (holdsPrototypeKey(message)) {
    return refused(idOf(message), 'invalidRequest', `the names ${[...prototypeKeys].join(', ')} are not taken`);
  }
  const parsed = envelope.safeParse(message);
  if (!parsed.success) return refused(idOf(message), 'invalidRequest', z.prettifyError(parsed.error));
  const { id, method, params } = parsed.data;
  if (id !== undefined) return { kind: 'request', id, method, params };
  const cancel = cancelParams.safeParse(params);
  return method === cancelNotification && cancel.success ? { kind: 'cancel', id: cancel.data.id } : { kind: 'ignored' };
}

/** The parameters of a method as its handler takes them, defaults filled in; or the error. */
export function readParams(method: Method, params: unknown): { params: unknown } | { error: RpcError } {
  const parsed = methods[method].params.safeParse(params ?? {});
  if (parsed.success) return { params: parsed.data };
  return { error: rpcError('invalidParams', firstFault(parsed.error)) };
}

export function isMethod(name: string): name is Method {
  return Object.hasOwn(methods, name);
}

/** What a message quotes from its cause may be as long as the cause; it is cut. */
export function rpcError(code: keyof typeof rpcCodes, message: string): RpcError {
  return { code: rpcCodes[code], message: message.slice(0, longestMessage) };
}

function refused(id: RequestId | null, code: keyof typeof rpcCodes, why: string): Incoming {
  return { kind: 'refused', id, error: rpcError(code, `The message was refused: ${why}.`) };
}

function idOf(message: unknown): RequestId | null {
  return z.object({ id: requestId }).safeParse(message).data?.id ?? null;
}

/** Looks at the text, for parsing it already costs memory by the level. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') {
      if (++depth > deepestNesting) return true;
    } else if (character === ']' || character === '}') depth--;
  }
  return false;
}

function holdsPrototypeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsPrototypeKey);
  return Object.entries(value).some(([key, field]) => prototypeKeys.has(key) || holdsPrototypeKey(field));
}
