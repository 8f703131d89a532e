/** Reads the JSON body of a request, within limits that hold before anything is parsed. */
import type { IncomingMessage } from 'node:http';
import { ApiError } from './errors';

export interface BodyLimits {
  readonly bytes: number;
  /** Milliseconds until the whole body must be there. */
  readonly milliseconds: number;
  /** Arrays and objects inside one another. */
  readonly depth: number;
}

export const bodyLimits: BodyLimits = { bytes: 8 * 2 ** 20, milliseconds: 30_000, depth: 64 };

/** Throws ApiError for a body that is no JSON, not declared as JSON, too large, too slow or too deep. */
export async function readJsonBody(request: IncomingMessage, limits: BodyLimits = bodyLimits): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  // A form or plain text is what a browser sends without asking first.
  if (!/^application\/json *(;|$)/i.test(type) || request.headers['content-encoding'] !== undefined) {
    throw new ApiError(415, 'Send the body as "Content-Type: application/json", without an encoding.');
  }
  const text = decode(await readBytes(request, limits));
  if (depth(text) > limits.depth) throw new ApiError(400, `The body is nested more than ${limits.depth} levels deep.`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ApiError(400, 'The body is not valid JSON.');
  }
}

/** What is too large is still read to its end, and dropped: a client that is writing would not hear the answer. */
async function readBytes(request: IncomingMessage, { bytes, milliseconds }: BodyLimits): Promise<Buffer> {
  const slow = setTimeout(() => request.destroy(), milliseconds);
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length;
      if (size <= bytes) parts.push(part);
      else parts.length = 0;
    }
  } catch {
    throw new ApiError(408, 'The body did not arrive in time.');
  } finally {
    clearTimeout(slow);
  }
  if (size > bytes) throw new ApiError(413, `The body has ${size} bytes, and at most ${bytes} are read.`);
  return Buffer.concat(parts);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ApiError(400, 'The body is not valid UTF-8.');
  }
}

/** How deep arrays and objects are nested, counted without parsing. */
function depth(json: string): number {
  let deepest = 0;
  let level = 0;
  let inText = false;
  for (let i = 0; i < json.length; i++) {
    const mark = json[i];
    if (mark === '"') inText = !inText;
    else if (inText && mark === '\\') i++;
    else if (!inText && (mark === '{' || mark === '[')) deepest = Math.max(deepest, ++level);
    else if (!inText && (mark === '}' || mark === ']')) level--;
  }
  return deepest;
}
