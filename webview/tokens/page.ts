/** The page of tokens: a prompt, who answers it, and the answers, each token in the colour of the expert that leads. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textarea/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { html, LitElement, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { Host } from '../shared/host';
import { pageStyle } from '../shared/style';
import { details } from './details';
import type { Answer, Question, Speaker, State, ToHost, Token, ToPage, Voice } from './protocol';
import { tokensStyle } from './style';
import { colorOf, leaderOf, percent, sharesOf } from './weights';

const host = new Host<ToHost, ToPage, State>();

class TokensPage extends LitElement {
  static override properties = {
    answers: { state: true },
    draft: { state: true },
    speakers: { state: true },
    trouble: { state: true },
    chosen: { state: true },
  };
  static override styles = [pageStyle, tokensStyle];

  declare answers: readonly Answer[];
  declare draft: Question | undefined;
  declare speakers: readonly Speaker[];
  declare trouble: string | undefined;
  /** The token whose weights are shown. */
  declare chosen: { readonly answer: number; readonly token: number } | undefined;

  constructor() {
    super();
    this.answers = [];
    this.speakers = [];
    host.listen((message) => this.hear(message));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    host.post({ type: 'ready' });
  }

  private hear(message: ToPage): void {
    switch (message.type) {
      case 'speakers':
        this.speakers = message.speakers;
        this.trouble = message.trouble;
        return;
      case 'draft':
        return this.write(message.draft);
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
    const draft = { ...(this.draft ?? question), ...change };
    this.draft = draft;
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
    const { draft = question, speakers } = this;
    const streaming = this.answers.some(({ state }) => state === 'streaming');
    const known = speakers.some(({ id }) => id === draft.model);
    const shown = known ? speakers : [{ id: draft.model, description: 'not there yet' }, ...speakers];
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
          ${this.number('Temperature', draft.temperature, { min: 0, max: 10, step: 0.1 }, (temperature) => ({ temperature }))}
          ${this.number('Seed', draft.seed, { step: 1 }, (seed) => ({ seed: Math.round(seed) }))}
          ${this.number('Tokens at most', draft.maxTokens, { min: 1, max: 4000, step: 1 }, (most) => ({
            maxTokens: Math.min(4000, Math.max(1, Math.round(most))),
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
    const model = this.speakers.find((speaker) => speaker.id === asked.model)?.description ?? asked.model;
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
      .style=${voice === undefined ? '' : `--color: ${colorOf(voice)}; --share: ${Math.round(6 + 34 * weight)}%`}
      @click=${choose}
      @keydown=${({ key }: KeyboardEvent) => key === 'Enter' && choose()}
      >${token.text}</span
    >`;
  }
}

const question: Question = { prompt: '', model: 'mixture', temperature: 0.8, seed: 1, maxTokens: 60 };
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
            <span class="letter" .style=${`--color: ${colorOf(voice)}`}>${voice.letter}</span>
            ${voice.name} <span class="faint">${tokens.length === 0 ? '' : percent(shares[i])}</span>
          </li>
        `,
      )}
    </ul>
  `;
}

customElements.define('tokens-page', TokensPage);
document.body.append(document.createElement('tokens-page'));
