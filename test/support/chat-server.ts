/** An endpoint that speaks OpenAI's protocol as well or as badly as a test wants. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  /** All that was said, in one text. */
  readonly text: string;
  /** How many questions came before. */
  readonly number: number;
}

/** A reply; or a way to do without one. */
export type Behaviour = (asked: Asked) => string | Trouble;

/** A refusal; no word at all; a connection that ends before the reply, or in its middle. */
export type Trouble = { readonly status: number } | { readonly way: 'stall' | 'hang up' | 'half' };
export const stall: Trouble = { way: 'stall' };

export class ChatServer {
  /** Every question that came, and every one that was answered. */
  readonly asked: string[] = [];
  readonly answered: string[] = [];
  /** The keys that came with them. */
  readonly keys = new Set<string | undefined>();

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    public behaviour: Behaviour,
  ) {}

  static async open(behaviour: Behaviour): Promise<ChatServer> {
    const server = createServer((request, response) => void chat.answer(request, response));
    const chat = new ChatServer(server, behaviour);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return chat;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  /** How often each question was answered. */
  answers(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const question of this.answered) counts.set(question, (counts.get(question) ?? 0) + 1);
    return counts;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.keys.add(request.headers.authorization);
    let body = '';
    for await (const part of request) body += String(part);
    const { messages } = JSON.parse(body) as { messages: { content: string }[] };
    const text = messages.map(({ content }) => content).join('\n');
    const does = this.behaviour({ text, number: this.asked.length });
    this.asked.push(text);
    if (typeof does === 'object' && 'way' in does) return this.fail(does.way, response);
    const choice = (content: string): string =>
      JSON.stringify({
        choices: [{ index: 0, message: { role: 'assistant', content } }],
        usage: { total_tokens: 100 },
      });
    response.setHeader('content-type', 'application/json');
    if (typeof does !== 'string') {
      response.writeHead(does.status, { 'retry-after-ms': '10' });
      return void response.end(JSON.stringify({ error: { message: 'not now' } }));
    }
    this.answered.push(text);
    response.end(choice(does));
  }

  private fail(way: 'stall' | 'hang up' | 'half', response: ServerResponse): void {
    if (way === 'hang up') response.destroy();
    if (way !== 'half') return;
    response.setHeader('content-type', 'application/json');
    response.write('{"choices": [{"ind');
    setTimeout(() => response.destroy(), 20);
  }
}

/** Knows the words of the domains, and answers as it is asked to: a guide as good as can be. */
export function knowing(domains: readonly (readonly string[])[]): Behaviour {
  const domainOf = (text: string): number => {
    const counts = domains.map((words) => words.filter((word) => text.includes(word)).length);
    return counts.indexOf(Math.max(...counts));
  };
  return ({ text }) => {
    if (text.includes('"title"')) return `{"title": "Domain ${domainOf(text)}"}`;
    const [subject, ...groups] = [...text.matchAll(/BEGIN \w+\n([^]*?)\nEND/g)].map(([, material]) => material);
    const found = groups.findIndex((group) => domainOf(group) === domainOf(subject));
    if (found < 0) return '{"group": "none", "reason": "no group has its words"}';
    const quote = groups[found].split('\n')[1].slice(4, 40).trim();
    return `Let me see. {"group": "${'ABCDEFGH'[found]}", "quote": ${JSON.stringify(quote)}, "reason": "the same words"}`;
  };
}
