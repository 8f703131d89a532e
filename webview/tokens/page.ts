/** The page of tokens: a prompt, who answers it, and the answers side by side, each token in a colour that tells who leads or how sure it is. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textarea/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { Host } from '../shared/host';
import { PageElement, showPage } from '../shared/page-element';
import { pageStyle } from '../shared/style';
import { answerOf } from './answer';
import { form } from './form';
import { type Answer, type Answerer, type Asked, type Question, type ShadeName, shadeNames } from './protocol';
import type { State, ToHost, ToPage } from './protocol';
import { shades } from './shades';
import { tokensStyle } from './style';

const host = new Host<ToHost, ToPage, State>();

/** A prompt is read once nobody has typed for so many milliseconds. */
const pause = 400;

/** The answers to what is being written stand where a question of this number would. */
const watchedId = 0;

class TokensPage extends PageElement<ToPage> {
  static override properties = {
    asked: { state: true },
    draft: { state: true },
    answerers: { state: true },
    trouble: { state: true },
    watched: { state: true },
    chosen: { state: true },
    shade: { state: true },
    watching: { state: true },
  };
  static override styles = [pageStyle, tokensStyle];

  declare asked: readonly Asked[];
  declare draft: Question | undefined;
  declare answerers: readonly Answerer[];
  declare trouble: string | undefined;
  /** What was read of the prompt that is being written. */
  declare watched: { readonly prompt: string; readonly answers: readonly Answer[] } | undefined;
  /** The token that more is told of. */
  declare chosen: { readonly asked: number; readonly answer: number; readonly token: number } | undefined;
  declare shade: ShadeName;
  declare watching: boolean;
  private pausing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super(host);
    this.asked = [];
    this.answerers = [];
    this.shade = host.state?.shade ?? 'expert';
    this.watching = host.state?.watching ?? false;
  }

  protected override hear(message: ToPage): void {
    switch (message.type) {
      case 'answerers':
        this.answerers = message.answerers;
        this.trouble = message.trouble;
        return;
      case 'draft':
        this.draft = message.draft;
        return this.keep();
      case 'asked':
        this.asked = message.asked;
        return this.keep();
      case 'tokens':
        this.asked = this.asked.map((one) => (one.id === message.asked ? withTokens(one, message) : one));
        return;
      case 'watched':
        if (this.watching) this.watched = message;
    }
  }

  private write(change: Partial<Question>): void {
    if (this.draft === undefined) return;
    this.draft = { ...this.draft, ...change };
    this.keep();
    this.watch();
  }

  private keep(): void {
    const { draft, asked, shade, watching } = this;
    if (draft !== undefined) host.keep({ draft, asked: [...asked], shade, watching });
  }

  private ask(asked: Question | undefined): void {
    if (asked === undefined || asked.prompt.trim() === '') return;
    this.chosen = undefined;
    this.watched = undefined;
    clearTimeout(this.pausing);
    host.post({ type: 'ask', question: asked });
  }

  /** Has the prompt read as it is after a pause. */
  private watch(watching = this.watching): void {
    if (watching !== this.watching) {
      this.watching = watching;
      this.keep();
    }
    clearTimeout(this.pausing);
    const { draft } = this;
    if (watching && draft !== undefined && draft.prompt.trim() !== '') {
      this.pausing = setTimeout(() => host.post({ type: 'watch', question: draft }), pause);
    } else if (this.watched !== undefined) {
      this.watched = undefined;
      host.post({ type: 'watch' });
    }
  }

  protected override render(): unknown {
    const { draft, answerers, watching, watched, asked, trouble } = this;
    const streaming = asked.some(({ answers }) => answers.some(({ state }) => isComing(state)));
    return html`
      <h1>Tokens</h1>
      ${
        draft === undefined
          ? nothing
          : form({
              ...{ draft, answerers, watching, streaming },
              write: (change) => this.write(change),
              watch: (wanted) => this.watch(wanted),
              ask: () => this.ask(this.draft),
              stop: () => host.post({ type: 'stop' }),
            })
      }
      ${trouble === undefined ? nothing : html`<p class="error" role="alert">${trouble}</p>`}
      ${
        watched === undefined && asked.length === 0
          ? html`<p class="faint">Answers appear here, each token in the colour of the expert that leads.</p>`
          : this.shading()
      }
      ${watched === undefined || draft === undefined ? nothing : this.watchedPart(watched, draft)}
      ${repeat(
        asked,
        ({ id }) => id,
        (one) => this.askedPart(one),
      )}
    `;
  }

  private shading(): unknown {
    return html`
      <div class="bar shades">
        <span id="shade">Colour by</span>
        <div class="bar" role="radiogroup" aria-labelledby="shade">
          ${shadeNames.map(
            (name) => html`
              <label>
                <input
                  type="radio"
                  name="shade"
                  .checked=${name === this.shade}
                  @change=${() => {
                    this.shade = name;
                    this.keep();
                  }}
                />
                ${shades[name].label}
              </label>
            `,
          )}
        </div>
        <span class="faint">${shades[this.shade].detail}</span>
      </div>
    `;
  }

  private watchedPart({ prompt, answers }: { prompt: string; answers: readonly Answer[] }, draft: Question): unknown {
    return html`
      <article aria-label="While you type">
        <h2>While you type</h2>
        ${this.columns({ id: watchedId, question: { ...draft, prompt }, answers: [...answers] }, () => nothing)}
      </article>
    `;
  }

  private askedPart(asked: Asked): unknown {
    const { id, question } = asked;
    const { temperature, seed } = question;
    const copy = (answer: number) =>
      html`<button class="quiet" @click=${() => host.post({ type: 'copy', asked: id, answer })}>Copy</button>`;
    return html`
      <article aria-label="Answer ${id}">
        <div class="bar">
          <span class="faint">temperature ${temperature}, seed ${seed}</span>
          <span class="grow"></span>
          <vscode-button secondary @click=${() => this.ask(question)}>Again</vscode-button>
          <vscode-button secondary @click=${() => this.ask({ ...question, seed: seed + 1 })}>Next Seed</vscode-button>
          <vscode-button secondary @click=${() => host.post({ type: 'remove', asked: id })}>Remove</vscode-button>
        </div>
        ${this.columns(asked, copy)}
      </article>
    `;
  }

  private columns({ id, question, answers }: Asked, actions: (answer: number) => unknown): unknown {
    const { chosen, shade } = this;
    return html`
      <div class="columns">
        ${answers.map((answer, i) =>
          answerOf(answer, {
            prompt: question.prompt,
            shade: shades[shade],
            chosen: chosen?.asked === id && chosen.answer === i ? chosen.token : undefined,
            choose: (token) => this.choose(token === undefined ? undefined : { asked: id, answer: i, token }),
            goOn: (prompt) => this.ask({ ...question, prompt }),
            actions: actions(i),
          }),
        )}
      </div>
    `;
  }

  private choose(chosen: TokensPage['chosen']): void {
    this.chosen = chosen;
    if (chosen === undefined) return;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus());
  }
}

const isComing = (state: Answer['state']): boolean => state === 'waiting' || state === 'streaming';

const withTokens = (asked: Asked, { answer, from, tokens }: Extract<ToPage, { type: 'tokens' }>): Asked => ({
  ...asked,
  answers: asked.answers.map((one, i) =>
    i === answer ? { ...one, tokens: [...one.tokens.slice(0, from), ...tokens] } : one,
  ),
});

showPage('tokens-page', TokensPage);
