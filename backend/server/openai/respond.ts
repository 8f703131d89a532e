/** Asks the questions of an exchange and writes the answers: as one object, or as server-sent events while they come. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { CallOptions } from '../../protocol/messages';
import { type ApiError, toApiError } from './errors';
import type { EndpointAnswer, HttpExchange, EndpointQuestion } from './exchange';

export type AskBackend = (question: EndpointQuestion, options: CallOptions) => Promise<EndpointAnswer>;

/** Bytes that wait for a client that does not read; beyond them it is let go. */
const mostUnread = 16 * 2 ** 20;

/** Answers an exchange. What is asked is taken back when the client goes away or one of several questions fails. */
export async function respond(exchange: HttpExchange, ask: AskBackend, response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const write = exchange.stream ? respondInEvents : respondAtOnce;
  await whileHeard(response, (signal) => write(exchange, ask, response, signal));
}

/** Work for a client: its signal is aborted when the client goes away, or the work is done or has failed. */
export async function whileHeard<R>(response: ServerResponse, work: (signal: AbortSignal) => Promise<R>): Promise<R> {
  const controller = new AbortController();
  const leave = (): void => controller.abort();
  response.once('close', leave);
  try {
    return await work(controller.signal);
  } finally {
    response.off('close', leave);
    controller.abort();
  }
}

async function respondAtOnce(
  exchange: HttpExchange,
  ask: AskBackend,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const answers = await Promise.all(exchange.questions.map((question) => ask(question, { signal })));
  const choices = answers.map((answer, index) => exchange.choice(index, answer));
  sendJson(response, 200, { ...head(exchange, exchange.names.whole), choices, usage: usage(exchange, answers) });
}

async function respondInEvents(
  exchange: HttpExchange,
  ask: AskBackend,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const chunkHead = head(exchange, exchange.names.chunk);
  const noUsage = exchange.includeUsage ? { usage: null } : {};
  const say = (choice: object): void => sendEvent(response, { ...chunkHead, choices: [choice], ...noUsage });
  const askOne = async (question: EndpointQuestion, index: number): Promise<EndpointAnswer> => {
    const choice = exchange.streamed(index);
    // What comes first is told first: the prompt is read for itself.
    const { prompt } = question.echo === true ? await ask({ ...question, maxTokens: 0 }, { signal }) : {};
    let opened = false;
    // Not before the first token: until then an error is still a plain answer with its status.
    const open = (): void => {
      if (!opened) choice.open(prompt).forEach(say);
      opened = true;
    };
    const answer = await ask(
      { ...question, echo: false },
      {
        signal,
        onToken: (token) => {
          open();
          say(choice.token(token));
        },
      },
    );
    open();
    say(choice.close(answer));
    return answer;
  };
  const answers = await Promise.all(exchange.questions.map(askOne));
  if (exchange.includeUsage) sendEvent(response, { ...chunkHead, choices: [], usage: usage(exchange, answers) });
  response.end('data: [DONE]\n\n');
}

function head({ names, model }: HttpExchange, object: string): object {
  return { id: `${names.id}-${randomUUID()}`, object, created: Math.floor(Date.now() / 1000), model };
}

/** A prompt counts once, however many answers it gets. */
function usage({ n }: HttpExchange, answers: readonly EndpointAnswer[]): object {
  const prompt = answers.reduce((total, { promptTokens }, i) => (i % n === 0 ? total + promptTokens : total), 0);
  const completion = answers.reduce((total, { tokens }) => total + tokens.length, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function sendEvent(response: ServerResponse, event: object): void {
  if (response.destroyed) return;
  if (!response.headersSent) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' });
  }
  response.write(`data: ${JSON.stringify(event)}\n\n`);
  if (response.writableLength > mostUnread) response.destroy();
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  const type = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(text) };
  response.writeHead(status, { ...type, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }).end(text);
}

/** Says why there is no answer, or no more of it; returns the error as it was told. */
export function sendError(response: ServerResponse, error: unknown): ApiError {
  const told = toApiError(error);
  if (!response.headersSent) sendJson(response, told.status, told.body);
  else if (!response.destroyed) response.end(`data: ${JSON.stringify(told.body)}\n\n`);
  return told;
}
