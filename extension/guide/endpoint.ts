/**
 * The editor's language models for the backend: an endpoint of this window alone that speaks OpenAI's protocol, opened when somebody
 * first chooses such a model, or a council has one among its members. The backend asks it as it asks any other, with the run's budget; the editor asks the user for consent.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as vscode from 'vscode';
import { readChatName } from '../../backend/protocol/chat-name';
import type { GuideOffer } from '../../backend/protocol/guide';
import { chatsAmong } from '../../backend/protocol/members';
import type { BackendClient } from '../backend/client';
import type { Disposable } from '../disposables';
import { justification, editorModelNamed, statusOf } from './models';

const longestBody = 1_000_000;

interface Question {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

export class GuideEndpoint implements Disposable {
  private server: Promise<Server> | undefined;
  private readonly key = randomBytes(24).toString('hex');
  private readonly listeners: readonly Disposable[];

  constructor(private readonly client: BackendClient) {
    const renew = (): void => void this.renew().catch(() => undefined);
    this.listeners = [
      client.onResync(renew),
      client.onEvent((event) => {
        if (event.type === 'changed' && event.what === 'councils') renew();
      }),
    ];
  }

  /** Tells the backend where the models are asked, and gives what it told. */
  async offer(): Promise<GuideOffer> {
    const { port } = (await (this.server ??= this.listen())).address() as AddressInfo;
    const offer = { url: `http://127.0.0.1:${port}/v1`, key: this.key };
    await this.client.call('guide/offer', offer);
    return offer;
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    void this.server?.then((server) => {
      server.close();
      server.closeAllConnections();
    });
  }

  /** A backend that was started anew knows nothing of it, and a council may have members among the editor's models. */
  private async renew(): Promise<void> {
    if (this.server === undefined && !(await this.isWanted())) return;
    await this.offer();
  }

  private async isWanted(): Promise<boolean> {
    const { items } = await this.client.call('councils/list', { limit: 1000 });
    return items.some(({ members }) => chatsAmong(members).some((chat) => readChatName(chat)?.kind === 'editor'));
  }

  private listen(): Promise<Server> {
    const server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => refuse(response, statusOf(error), String(error)));
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.admits(request)) return refuse(response, 401, 'The key is not the one of this window.');
    if (request.method !== 'POST' || request.url !== '/v1/chat/completions')
      return refuse(response, 404, 'No such address.');
    const body = await read(request);
    if (body === undefined) return refuse(response, 413, 'The question is too long.');
    const { model: name, messages } = JSON.parse(body) as Question;
    const model = await editorModelNamed(name);
    const cancellation = new vscode.CancellationTokenSource();
    response.once('close', () => cancellation.cancel());
    const asked = messages.map(({ role, content }) =>
      role === 'assistant'
        ? vscode.LanguageModelChatMessage.Assistant(content)
        : vscode.LanguageModelChatMessage.User(content),
    );
    const reply = await model.sendRequest(asked, { justification }, cancellation.token);
    let text = '';
    for await (const part of reply.text) text += part;
    const choice = { index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' };
    send(response, 200, { object: 'chat.completion', model: name, choices: [choice] });
  }

  private admits({ headers }: IncomingMessage): boolean {
    const given = Buffer.from(headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${this.key}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}

/** Undefined where it is longer than any question. */
async function read(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += (part as Buffer).length;
    if (length > longestBody) return undefined;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

function refuse(response: ServerResponse, status: number, message: string): void {
  send(response, status, { error: { message } });
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
