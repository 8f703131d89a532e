/** The page of tokens: a prompt, who answers it, and the answers, each token in the colour of the expert that leads. */
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
import { details } from './details';
import type { Answer, Answerer, Question, State, ToHost, Token, ToPage, Voice } from './protocol';
import { questionSettings } from './settings';
import { tokensStyle } from './style';
import { leaderOf, lookOfVoice, percent, sharesOf } from './weights';

const host = new Host<ToHost, ToPage, State>();

class TokensPage extends PageElement<ToPage> {
  static override properties = {
    answers: { state: true },
    draft: { state: true },
    answerers: { state: true },
    trouble: { state: true },
    chosen: { state: true },
  };
  static override styles = [pageStyle, tokensStyle];

  declare answers: readonly Answer[];
  declare draft: Question | undefined;
  declare answerers: readonly Answerer[];
  declare trouble: string | undefined;
  /** The token whose weights are shown. */
  declare chosen: { readonly answer: number; readonly token: number } | undefined;

  constructor() {
    super(host);
    this.answers = [];
    this.answerers = [];
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
      case 'answers':
        this.answers = message.answers;
        return this.keep();
      case 'tokens':
        this.answers = this.answers.map((answer) => {
          if (answer.id !== message.answer) return answer;
          return { ...answer, tokens: [...answer.tokens.slice(0, message.from), ...message.tokens] };
        });
    }
  }

  private write(change: Partial<Question>): void {
    if (this.draft === undefined) return;
    this.draft = { ...this.draft, ...change };
    this.keep();
  }

  private keep(): void {
    if (this.draft !== undefined) host.keep({ draft: this.draft, answers: [...this.answers] });
  }

  private ask(asked: Question | undefined): void {
    if (asked === undefined || asked.prompt.trim() === '') return;
    this.chosen = undefined;
    host.post({ type: 'ask', question: asked });
  }

  protected override render(): unknown {
    return html`
      <h1>Tokens</h1>
      ${this.form()} ${this.trouble === undefined ? nothing : html`<p class="error" role="alert">${this.trouble}</p>`}
      ${
        this.answers.length === 0
          ? html`<p class="faint">Answers appear here, each token in the colour of the expert that leads.</p>`
          : repeat(
              this.answers,
              ({ id }) => id,
              (answer) => this.answer(answer),
            )
      }
    `;
  }

  private form(): unknown {
    const { draft, answerers } = this;
    if (draft === undefined) return nothing;
    const streaming = this.answers.some(({ state }) => state === 'streaming');
    const known = answerers.some(({ id }) => id === draft.model);
    const shown = known ? answerers : [{ id: draft.model, description: 'not there yet' }, ...answerers];
    return html`
      <form class="form" @submit=${(event: Event) => event.preventDefault()}>
        <vscode-textarea
          label="Prompt"
          placeholder="Begin a text, and the experts go on with it"
          rows="3"
          .value=${draft.prompt}
          @input=${({ target }: Event) => this.write({ prompt: valueOf(target) })}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.ask(this.draft);
          }}
        ></vscode-textarea>
        <div class="bar">
          <label>
            Who answers
            <vscode-single-select
              label="Who answers"
              .value=${draft.model}
              @change=${({ target }: Event) => this.write({ model: valueOf(target) })}
            >
              ${repeat(
                shown,
                ({ id }) => id,
                ({ id, description }) => html`
                  <vscode-option value=${id} description=${description} ?selected=${id === draft.model}
                    >${id}</vscode-option
                  >
                `,
              )}
            </vscode-single-select>
          </label>
          ${this.number('Temperature', draft.temperature, { ...boundsOf('temperature'), step: 0.1 }, (temperature) => ({
            temperature,
          }))}
          ${this.number('Seed', draft.seed, { step: 1 }, (seed) => ({ seed: Math.round(seed) }))}
          ${this.number('Tokens at most', draft.maxTokens, { ...mostTokens, step: 1 }, (tokens) => ({
            maxTokens: Math.min(mostTokens.max, Math.max(mostTokens.min, Math.round(tokens))),
          }))}
          <span class="grow"></span>
          ${
            streaming
              ? html`<vscode-button secondary @click=${() => host.post({ type: 'stop' })}>Stop</vscode-button>`
              : nothing
          }
          <vscode-button ?disabled=${draft.prompt.trim() === ''} @click=${() => this.ask(this.draft)}
            >Ask</vscode-button
          >
        </div>
      </form>
    `;
  }

  private number(
    name: string,
    value: number,
    { min, max, step }: { readonly min?: number; readonly max?: number; readonly step: number },
    change: (value: number) => Partial<Question>,
  ): unknown {
    return html`
      <label>
        ${name}
        <vscode-textfield
          class="figure"
          type="number"
          label=${name}
          .min=${min}
          .max=${max}
          .step=${step}
          .value=${String(value)}
          @change=${({ target }: Event) => {
            const written = Number(valueOf(target));
            if (valueOf(target) !== '' && Number.isFinite(written)) this.write(change(written));
          }}
        ></vscode-textfield>
      </label>
    `;
  }

  private answer(answer: Answer): unknown {
    const { id, question: asked, voices, state, tokens, trouble } = answer;
    const model = this.answerers.find((answerer) => answerer.id === asked.model)?.description ?? asked.model;
    const chosen = this.chosen?.answer === id ? this.chosen.token : undefined;
    return html`
      <article aria-label="Answer ${id}">
        <div class="bar">
          <h2>${model}</h2>
          <span class="faint" role="status">${wordsOf(answer)}</span>
          <span class="grow"></span>
          <span class="bar">
            <vscode-button secondary @click=${() => this.ask(asked)}>Again</vscode-button>
            <vscode-button secondary @click=${() => this.ask({ ...asked, seed: asked.seed + 1 })}
              >Next Seed</vscode-button
            >
            <vscode-button secondary @click=${() => host.post({ type: 'copy', answer: id })}>Copy</vscode-button>
            <vscode-button secondary @click=${() => host.post({ type: 'remove', answer: id })}>Remove</vscode-button>
          </span>
        </div>
        ${trouble === undefined ? nothing : html`<p class="error">${trouble}</p>`} ${legend(voices, tokens)}
        <div
          class="text"
          aria-busy=${state === 'streaming'}
          @keydown=${(event: KeyboardEvent) => this.step(answer, event)}
        >
          <span class="prompt">${asked.prompt}</span>${tokens.map((token, i) => this.token(answer, token, i))}
        </div>
        ${chosen === undefined || tokens[chosen] === undefined ? nothing : details(tokens[chosen], voices)}
      </article>
    `;
  }

  /** Arrows lead from token to token. */
  private step({ id, tokens }: Answer, event: KeyboardEvent): void {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || this.chosen?.answer !== id) return;
    event.preventDefault();
    const token = Math.min(tokens.length - 1, Math.max(0, this.chosen.token + by));
    this.chosen = { answer: id, token };
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus());
  }

  private token({ id, voices, tokens }: Answer, token: Token, index: number): unknown {
    const leader = leaderOf(token.weights);
    const begins = index === 0 || leaderOf(tokens[index - 1].weights) !== leader;
    const voice = leader === undefined ? undefined : voices[leader];
    const weight = leader === undefined ? 0 : token.weights[leader];
    const isChosen = this.chosen?.answer === id && this.chosen.token === index;
    const choose = (): void => {
      this.chosen = isChosen ? undefined : { answer: id, token: index };
    };
    const label = voice === undefined ? token.text : `${token.text}, ${voice.letter} ${percent(weight)}`;
    return html`<span
      class=${begins ? 'token begins' : 'token'}
      role="button"
      tabindex=${isChosen || (index === 0 && this.chosen?.answer !== id) ? 0 : -1}
      aria-label=${label}
      aria-pressed=${isChosen}
      data-letter=${voice?.letter ?? nothing}
      .style=${voice === undefined ? '' : `${lookOfVoice(voice)}; --share: ${Math.round(5 + 20 * weight)}%`}
      @click=${choose}
      @keydown=${({ key }: KeyboardEvent) => key === 'Enter' && choose()}
      >${token.text}</span
    >`;
  }
}

const boundsOf = (key: 'temperature' | 'maxTokens'): { min: number; max: number } => {
  const { least, most } = questionSettings[key].form;
  return { min: least, max: most };
};
const mostTokens = boundsOf('maxTokens');
const valueOf = (target: EventTarget | null): string => (target as HTMLInputElement).value;

function wordsOf({ state, tokens, question: { temperature, seed } }: Answer): string {
  const count = `${tokens.length} token${tokens.length === 1 ? '' : 's'}`;
  const how = `temperature ${temperature}, seed ${seed}`;
  switch (state) {
    case 'streaming':
      return tokens.length === 0 ? 'thinks…' : `${count} so far · ${how}`;
    case 'done':
      return `${count} · ${how}`;
    case 'stopped':
      return `stopped after ${count} · ${how}`;
    case 'failed':
      return 'failed';
  }
}

/** Colour, letter, name and mean weight of each expert. */
function legend(voices: readonly Voice[], tokens: readonly Token[]): unknown {
  if (voices.length === 0) return nothing;
  const shares = sharesOf(tokens, voices.length);
  return html`
    <ul class="legend" aria-label="Experts">
      ${voices.map(
        (voice, i) => html`
          <li>
            <span class="letter" .style=${lookOfVoice(voice)}>${voice.letter}</span>
            ${voice.name} <span class="faint">${tokens.length === 0 ? '' : percent(shares[i])}</span>
          </li>
        `,
      )}
    </ul>
  `;
}

showPage('tokens-page', TokensPage);
