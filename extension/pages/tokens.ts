/** Serves the page of tokens: asks the backend, passes its tokens on, and keeps the last answers. */
import * as vscode from 'vscode';
import { UserError } from '../../backend/base/errors';
import type { AnsweringModel } from '../../backend/protocol/answers';
import type { Asked, Question, State, ToHost, ToPage } from '../../webview/tokens/protocol';
import { questionSettings } from '../../webview/tokens/settings';
import { inTitle } from '../contributions/contribution';
import { Disposables } from '../disposables';
import { errorText } from '../errors/show';
import { askedModel } from '../inline/asked-row';
import { Throttle } from '../throttle';
import { answerAll, emptyAnswers } from './asking';
import type { PageLine, Page, PageParts, Server } from './page';

/** Questions that are kept. */
const kept = 8;
const milliseconds = 100;

const { temperature, seed, maxTokens } = questionSettings;
const firstDraft: Question = {
  prompt: '',
  models: ['mixture'],
  temperature: temperature.default,
  seed: seed.default,
  maxTokens: maxTokens.default,
};

/** What it shows: what it kept, or who is asked next. */
type Shown = Partial<Pick<State, 'draft' | 'asked'>> & {
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

/** A question that is being answered, and how many tokens of each answer were told. */
interface Asking {
  readonly asked: Asked;
  readonly stop: AbortController;
  readonly told: number[];
}

class TokensServer extends Disposables implements Server<ToHost, Shown> {
  private asked: Asked[] = [];
  private draft = firstDraft;
  private models: readonly AnsweringModel[] = [];
  private asking: Asking | undefined;
  private watching = new AbortController();
  private readonly stream = this.add(new Throttle(() => this.tellTokens(), milliseconds));

  constructor(
    private readonly parts: PageParts,
    private readonly line: PageLine<ToPage>,
  ) {
    super();
    const { client } = parts;
    this.add({
      dispose: () => {
        this.asking?.stop.abort();
        this.watching.abort();
      },
    });
    this.add(client.onResync(() => void this.tellAnswerers()));
    this.add(
      client.onEvent((event) => {
        if (event.type === 'changed' && ['experts', 'mixers', 'councils'].includes(event.what))
          void this.tellAnswerers();
      }),
    );
  }

  show({ draft = this.draft, asked = this.asked, model, prompt }: Shown): void {
    this.draft = model === undefined ? draft : { ...draft, models: [model] };
    // What was under way when the window closed is not any more.
    this.asked = asked.map((one) => (one === this.asking?.asked ? one : settled(one)));
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
      case 'watch':
        return this.watch(message.question);
      case 'stop':
        return this.asking?.stop.abort();
      case 'copy': {
        const asked = this.asked.find(({ id }) => id === message.asked);
        return asked && vscode.env.clipboard.writeText(textOf(asked, message.answer));
      }
      case 'remove':
        if (this.asking?.asked.id === message.asked) this.asking.stop.abort();
        this.asked = this.asked.filter(({ id }) => id !== message.asked);
        return this.tell();
    }
  }

  private async ask(question: Question): Promise<void> {
    this.draft = question;
    this.asking?.stop.abort();
    const { models } = this;
    const id = Math.max(0, ...this.asked.map((one) => one.id)) + 1;
    const asked = { id, question, answers: emptyAnswers(question, models) };
    const asking = { asked, stop: new AbortController(), told: question.models.map(() => 0) };
    this.asking = asking;
    this.asked = [asked, ...this.asked].slice(0, kept);
    await answerAll(
      this.parts.client,
      question,
      { ...asked, models },
      {
        signal: asking.stop.signal,
        changed: () => this.tell(),
        grew: () => this.stream.request(),
      },
    );
    if (this.asking === asking) this.asking = undefined;
  }

  /** Each says what it makes of the prompt as far as it is written. */
  private async watch(question: Question | undefined): Promise<void> {
    this.watching.abort();
    if (question === undefined) return;
    const { signal } = (this.watching = new AbortController());
    const { models } = this;
    const answers = emptyAnswers(question, models);
    const changed = (): void => {
      if (!signal.aborted) this.line.post({ type: 'watched', prompt: question.prompt, answers });
    };
    const hearing = { signal, changed, grew: changed };
    await answerAll(this.parts.client, { ...question, maxTokens: 0 }, { answers, models }, hearing);
  }

  private tell(): void {
    this.asking?.asked.answers.forEach(({ tokens }, i) => this.asking?.told.splice(i, 1, tokens.length));
    this.line.post({ type: 'asked', asked: this.asked });
    this.line.post({ type: 'draft', draft: this.draft });
  }

  private tellTokens(): void {
    const { asking } = this;
    asking?.asked.answers.forEach(({ tokens }, answer) => {
      const from = asking.told[answer];
      if (tokens.length === from) return;
      this.line.post({ type: 'tokens', asked: asking.asked.id, answer, from, tokens: tokens.slice(from) });
      asking.told[answer] = tokens.length;
    });
  }

  private async tellAnswerers(): Promise<void> {
    const { client } = this.parts;
    const answerers = () => this.models.map(({ id, name, description }) => ({ id, name, description }));
    try {
      if (!(await client.mayLook())) throw new UserError('The backend does not run.', 'Start it.');
      this.models = await client.call('models/list', {});
      this.line.post({ type: 'answerers', answerers: answerers() });
    } catch (error) {
      this.line.post({ type: 'answerers', answerers: answerers(), trouble: errorText(error) });
    }
  }
}

const settled = (asked: Asked): Asked => ({
  ...asked,
  answers: asked.answers.map((answer) =>
    answer.state === 'waiting' || answer.state === 'streaming' ? { ...answer, state: 'stopped' } : answer,
  ),
});

const textOf = ({ question, answers }: Asked, answer: number): string =>
  question.prompt +
  (answers
    .at(answer)
    ?.tokens.map(({ text }) => text)
    .join('') ?? '');
