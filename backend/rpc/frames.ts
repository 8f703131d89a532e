/**
 * What goes over the socket, for both of its ends: JSON-RPC 2.0, one message per text frame. Typed arrays that stand directly
 * in a result leave their places to `{"$array": name}` and travel in one binary frame right before the reply.
 */
import { z } from 'zod';
import { type BundleArray, decodeBundle, encodeBundle } from '../base/bundle';

/** The one path at which the backend takes connections. */
export const socketPath = '/rpc';

/** Bytes of the largest frame that the backend takes. */
export const largestRequest = 8 * 2 ** 20;

/** The codes that JSON-RPC 2.0 defines; our own are `errorCodes` of ./messages. */
export const rpcCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
} as const;

/** Tells the server that a reply is not wanted any more; `params.id` is the id of the request. */
export const cancelNotification = '$/cancelRequest';

export type RequestId = string | number;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: { readonly next: string };
}

/** What a server sends. `id` is null where the request could not be told. */
export type ServerMessage =
  | { readonly id: RequestId; readonly result: unknown }
  | { readonly id: RequestId | null; readonly error: RpcError }
  | { readonly method: string; readonly params: unknown };

const version = { jsonrpc: '2.0' } as const;
const arrayPlace = z.strictObject({ $array: z.string() });
const bundleOwner = z.strictObject({ reply: z.union([z.string(), z.number()]) });

export function requestFrame(id: RequestId, method: string, params: unknown): string {
  return JSON.stringify({ ...version, id, method, params });
}

export function notificationFrame(method: string, params: unknown): string {
  return JSON.stringify({ ...version, method, params });
}

export function errorFrame(id: RequestId | null, error: RpcError): string {
  return JSON.stringify({ ...version, id, error });
}

/** The frames of a reply: the bundle of its arrays where it has any, then the reply itself. */
export function replyFrames(id: RequestId, result: unknown): (string | Uint8Array)[] {
  if (!isObject(result)) return [JSON.stringify({ ...version, id, result: result ?? null })];
  const fields = Object.entries(result) as [string, unknown][];
  const arrays = new Map(fields.filter((field): field is [string, BundleArray] => isArray(field[1])));
  const places = [...arrays.keys()].map((name): [string, unknown] => [name, { $array: name }]);
  const reply = JSON.stringify({ ...version, id, result: { ...result, ...Object.fromEntries(places) } });
  return arrays.size === 0 ? [reply] : [encodeBundle({ reply: id }, arrays), reply];
}

/** The arrays of a binary frame, and the reply that they belong to. Throws where it is no such frame. */
export function readArrays(frame: Uint8Array): { reply: RequestId; arrays: ReadonlyMap<string, BundleArray> } {
  const { json, arrays } = decodeBundle(frame);
  return { reply: bundleOwner.parse(json).reply, arrays };
}

/** The result with its arrays in their places. */
export function withArrays(result: unknown, arrays: ReadonlyMap<string, BundleArray>): unknown {
  if (!isObject(result)) return result;
  const fields = Object.entries(result).map(([name, value]: [string, unknown]): [string, unknown] => {
    const place = arrayPlace.safeParse(value);
    return [name, place.success ? arrays.get(place.data.$array) : value];
  });
  return Object.fromEntries(fields);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isArray(value: unknown): boolean {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
