/**
 * The OpenAI-compatible endpoint: whatever speaks OpenAI's API can ask the experts of a project.
 *
 *     GET  /health, without the key
 *     GET  /v1/models, /v1/models/{id}
 *     POST /v1/completions, /v1/chat/completions, /v1/embeddings
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { UserError } from '../../base/errors';
import { isSystemError } from '../../base/files';
import type { AnsweringModel } from '../../protocol/answers';
import { checkAccess, checkHere } from './access';
import { readJsonBody } from './body';
import { chat } from './chat';
import { completions } from './completions';
import { type EmbedBackend, embeddingsReply, readEmbeddings } from './embeddings';
import { ApiError } from './errors';
import type { HttpExchange } from './exchange';
import { type AskBackend, respond, sendError, sendJson, whileHeard } from './respond';

export interface OpenAiOptions {
  /** Whoever sends it may ask. */
  readonly key: string;
  readonly models: () => Promise<readonly AnsweringModel[]>;
  readonly ask: AskBackend;
  readonly embed: EmbedBackend;
  /** Hears of failures that are not the client's. */
  readonly log?: (error: unknown) => void;
}

/** Answers a request, or returns false where its path is none of the endpoint's. */
export type OpenAiHandler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

const forms: Readonly<Record<string, (body: unknown) => HttpExchange>> = {
  '/v1/completions': completions,
  '/v1/chat/completions': chat,
};

export function createOpenAi(options: OpenAiOptions): OpenAiHandler {
  return async (request, response) => {
    const path = pathOf(request);
    if (path !== '/health' && path !== '/v1' && !path.startsWith('/v1/')) return false;
    try {
      if (path === '/health') checkHere(request);
      else checkAccess(request, options.key);
      await route(path, request, response, options);
    } catch (error) {
      if (sendError(response, error).status >= 500 && !response.destroyed) options.log?.(error);
    }
    return true;
  };
}

/** As clients write it: base URLs end in a slash, or are joined with two. */
function pathOf(request: IncomingMessage): string {
  const [path] = (request.url ?? '').split('?');
  return path.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
}

async function route(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  { models, ask, embed }: OpenAiOptions,
): Promise<void> {
  if (path === '/health') {
    allow('GET', request, response);
    sendJson(response, 200, { status: 'ok' });
  } else if (path === '/v1/models') {
    allow('GET', request, response);
    sendJson(response, 200, { object: 'list', data: (await models()).map(describe) });
  } else if (path.startsWith('/v1/models/')) {
    allow('GET', request, response);
    sendJson(response, 200, describe(find(await models(), decoded(path.slice('/v1/models/'.length)))));
  } else if (Object.hasOwn(forms, path)) {
    allow('POST', request, response);
    const exchange = forms[path](await readJsonBody(request));
    find(await models(), exchange.model);
    await respond(exchange, ask, response);
  } else if (path === '/v1/embeddings') {
    allow('POST', request, response);
    const asked = readEmbeddings(await readJsonBody(request));
    // Encoders go by the names of the hub, and are not listed.
    if (!asked.model.includes('/')) find(await models(), asked.model);
    const question = { model: asked.model, texts: asked.input };
    const made = await whileHeard(response, (signal) => embed(question, { signal }));
    sendJson(response, 200, embeddingsReply(asked, made));
  } else throw new ApiError(404, `There is nothing at ${path}.`, { code: 'unknown_url' });
}

function allow(method: string, request: IncomingMessage, response: ServerResponse): void {
  if (request.method === method || (method === 'GET' && request.method === 'HEAD')) return;
  response.setHeader('Allow', method === 'GET' ? 'GET, HEAD' : method);
  throw new ApiError(405, `Use ${method} here, not ${request.method}.`, { code: 'method_not_allowed' });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function find(models: readonly AnsweringModel[], wanted: string): AnsweringModel {
  const found = models.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  const known = models.map(({ id }) => id).join(', ');
  const message = `There is no model "${wanted}". The models are: ${known}.`;
  throw new ApiError(404, message, { param: 'model', code: 'model_not_found' });
}

function describe({ id, description, created }: AnsweringModel): object {
  const seconds = Math.floor(Date.parse(created) / 1000);
  return { id, object: 'model', created: seconds, owned_by: 'polymath', polymath: { description } };
}

export interface OpenAiServer {
  /** What clients take as their base URL. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the endpoint at a port of its own; 0 takes a free one. Throws UserError where the port cannot be had. */
export async function startOpenAi(
  options: OpenAiOptions & { readonly port: number; readonly host: '127.0.0.1' },
): Promise<OpenAiServer> {
  const handle = createOpenAi(options);
  const server = createServer((request, response) => {
    void handle(request, response).then((mine) => {
      if (!mine) sendError(response, new ApiError(404, 'The endpoint begins at /v1.', { code: 'unknown_url' }));
    });
  });
  server.headersTimeout = 10_000;
  server.listen(options.port, options.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (!isSystemError(error, 'EADDRINUSE', 'EACCES')) throw error;
    throw new UserError(`Port ${options.port} cannot be used.`, 'Choose another port, or 0 for a free one.');
  }
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://${options.host}:${port}/v1`, close };
}
