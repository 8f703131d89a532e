/** Serves the page of tokens: asks the backend, passes its tokens on, and keeps the last answers. */
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import type { AnsweringModel } from '../../backend/protocol/answers';
import type { Answer, Question, State, ToHost, Token, ToPage } from '../../webview/tokens/protocol';
import { questionSettings } from '../../webview/tokens/settings';
import { inTitle } from '../contributions/contribution';
import { Disposables } from '../disposables';
import { errorText } from '../errors/show';
import { askedModel } from '../inline/asked-row';
import { voicesOf } from '../inline/models';
import { Throttle } from '../throttle';
import type { PageLine, Page, PageParts, Server } from './page';

/** Answers that are kept, and alternatives that are told of each token. */
const [kept, alternatives] = [8, 5];
const milliseconds = 100;

const { temperature, seed, maxTokens } = questionSettings;
const firstDraft: Question = {
  prompt: '',
  model: 'mixture',
  temperature: temperature.default,
  seed: seed.default,
  maxTokens: maxTokens.default,
};

/** What it shows: what it kept, or who is asked next. */
type Shown = Partial<State> & {
  readonly model?: string | undefined;
  /** What is asked at once. */
  readonly prompt?: string;
};

export const tokensPage: Page<ToPage, ToHost, State, Shown> = {
  title: 'Tokens',
  command: {
    title: 'Open Tokens Page',
    icon: 'symbol-color',
    menus: [inTitle('experts', 'navigation@5')],
  },
  choose: async ({ client }, given) => ({ model: await askedModel(client, given) }),
  protocol: () => import('../../webview/tokens/protocol'),
  restored: (state) => state,
  serve: (parts, line) => new TokensServer(parts, line),
};

type Asking = Answer & { readonly tokens: Token[] };

class TokensServer extends Disposables implements Server<ToHost, Shown> {
  private answers: Answer[] = [];
  private draft = firstDraft;
  private models: readonly AnsweringModel[] = [];
  private asking: { readonly answer: Asking; readonly stop: AbortController; told: number } | undefined;
  private readonly stream = this.add(new Throttle(() => this.tellTokens(), milliseconds));

  constructor(
    private readonly parts: PageParts,
    private readonly line: PageLine<ToPage>,
  ) {
    super();
    const { client } = parts;
    this.add({ dispose: () => this.asking?.stop.abort() });
    this.add(client.onResync(() => void this.tellAnswerers()));
    this.add(
      client.onEvent((event) => {
        if (event.type === 'changed' && ['experts', 'mixers', 'councils'].includes(event.what))
          void this.tellAnswerers();
      }),
    );
  }

  show({ draft = this.draft, answers = this.answers, model = draft.model, prompt }: Shown): void {
    this.draft = { ...draft, model };
    // What was under way when the window closed is not any more.
    this.answers = answers.map((answer) => (answer === this.asking?.answer ? answer : settled(answer)));
    this.tell();
    // Who answers may have come just now.
    if (prompt !== undefined) void this.tellAnswerers().then(() => this.ask({ ...this.draft, prompt }));
  }

  receive(message: ToHost): unknown {
    switch (message.type) {
      case 'ready':
        this.tell();
        return this.tellAnswerers();
      case 'ask':
        return this.ask(message.question);
      case 'stop':
        return this.asking?.stop.abort();
      case 'copy': {
        const answer = this.answers.find(({ id }) => id === message.answer);
        return answer && vscode.env.clipboard.writeText(textOf(answer));
      }
      case 'remove':
        if (this.asking?.answer.id === message.answer) this.asking.stop.abort();
        this.answers = this.answers.filter(({ id }) => id !== message.answer);
        return this.tell();
    }
  }

  private async ask(question: Question): Promise<void> {
    this.draft = question;
    this.asking?.stop.abort();
    const id = Math.max(0, ...this.answers.map((answer) => answer.id)) + 1;
    const model = this.models.find((found) => found.id === question.model);
    const answer: Asking = { id, question, voices: [], state: 'streaming', tokens: [] };
    const asking = { answer, stop: new AbortController(), told: 0 };
    this.asking = asking;
    this.answers = [answer, ...this.answers].slice(0, kept);
    this.tell();
    const end = (change: Partial<Answer>): void => {
      if (this.asking === asking) this.asking = undefined;
      this.replace({ ...answer, ...change });
    };
    try {
      if (model !== undefined) answer.voices.push(...(await voicesOf(this.parts.client, model)));
      this.tell();
      const { signal } = asking.stop;
      const onToken = (token: Token): void => {
        answer.tokens.push(token);
        this.stream.request();
      };
      await this.parts.client.call('ask', { ...question, alternatives }, { signal, onToken });
      end({ state: 'done' });
    } catch (error) {
      end(asking.stop.signal.aborted ? { state: 'stopped' } : { state: 'failed', trouble: errorText(error) });
    }
  }

  private replace(answer: Answer): void {
    this.answers = this.answers.map((other) => (other.id === answer.id ? answer : other));
    this.tell();
  }

  private tell(): void {
    if (this.asking !== undefined) this.asking.told = this.asking.answer.tokens.length;
    this.line.post({ type: 'answers', answers: this.answers });
    this.line.post({ type: 'draft', draft: this.draft });
  }

  private tellTokens(): void {
    const { asking } = this;
    if (asking === undefined) return;
    const { id, tokens } = asking.answer;
    this.line.post({ type: 'tokens', answer: id, from: asking.told, tokens: tokens.slice(asking.told) });
    asking.told = tokens.length;
  }

  private async tellAnswerers(): Promise<void> {
    const { client } = this.parts;
    try {
      if (!(await client.mayLook())) throw new UserError('The backend does not run.', 'Start it.');
      this.models = await client.call('models/list', {});
      this.line.post({ type: 'answerers', answerers: this.models.map(({ id, description }) => ({ id, description })) });
    } catch (error) {
      this.line.post({ type: 'answerers', answerers: this.models, trouble: errorText(error) });
    }
  }
}

const settled = (answer: Answer): Answer => (answer.state === 'streaming' ? { ...answer, state: 'stopped' } : answer);
const textOf = ({ question, tokens }: Answer): string => question.prompt + tokens.map(({ text }) => text).join('');
