/** The page of an evaluation: what its kind shows, what must be known of it, and how it was made. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import { html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { Host } from '../shared/host';
import { PageElement, showPage } from '../shared/page-element';
import { pageStyle } from '../shared/style';
import { words } from '../shared/data-table';
import { partsOf } from './kinds/table';
import { figuresOf } from '../shared/figures';
import type { Question, State, ToHost, ToPage } from './protocol';
import { evaluationStyle } from './style';
import type { Tools } from './tools';

const host = new Host<ToHost, ToPage, State>();

type Shown = Extract<ToPage, { type: 'evaluation' }>;
type Words = Extract<ToPage, { type: 'words' }>;

class EvaluationPage extends PageElement<ToPage> {
  static override properties = { shown: { state: true }, words: { state: true }, kept: { state: true } };
  static override styles = [pageStyle, evaluationStyle];

  declare shown: Shown | undefined;
  declare words: Words | undefined;
  declare kept: State;
  /** Texts of questions by their ids; none where they were not asked for yet. */
  private readonly questions = new Map<string, Question | 'asked' | 'gone'>();

  private readonly tools: Tools = {
    choice: (name) => (Object.hasOwn(this.kept.choices, name) ? this.kept.choices[name] || undefined : undefined),
    choose: (changes) => this.keep({ ...this.kept, choices: { ...this.kept.choices, ...changes } }),
    post: (message) => host.post(message),
    question: (id, below) => this.question(id, below),
  };

  constructor() {
    super(host);
    this.kept = host.state ?? { evaluation: '', choices: {} };
  }

  protected override hear(message: ToPage): void {
    switch (message.type) {
      case 'evaluation':
        // Another one begins at its top.
        if (this.shown !== undefined && this.shown.id !== message.id) scrollTo(0, 0);
        this.shown = message;
        this.words = undefined;
        this.questions.clear();
        // What is kept is of one evaluation.
        if (this.kept.evaluation !== message.id) this.keep({ evaluation: message.id, choices: {} });
        return;
      case 'words':
        this.words = message;
        return;
      case 'question':
        this.questions.set(message.id, message.question ?? 'gone');
        return this.requestUpdate();
    }
  }

  private keep(state: State): void {
    this.kept = state;
    host.keep(state);
  }

  protected override render(): unknown {
    const { shown, words: told } = this;
    if (told !== undefined || shown === undefined) {
      return html`
        <p class=${told?.failed === true ? 'error' : 'faint'} role="status">
          ${told?.text ?? 'Reading the evaluation…'}
        </p>
        ${
          told?.failed === true
            ? html`<vscode-button @click=${() => host.post({ type: 'retry' })}>Try Again</vscode-button>`
            : nothing
        }
      `;
    }
    const { title, about, origin } = shown;
    return html`
      <div class="bar">
        <h1>${words(title)}</h1>
        <span class="grow"></span>
        <vscode-button secondary @click=${() => host.post({ type: 'copy' })}>Copy as Markdown</vscode-button>
        <vscode-button secondary @click=${() => host.post({ type: 'export' })}>Export…</vscode-button>
      </div>
      <p class="faint">${words(about)}</p>
      ${keyed(shown.id, partsOf(shown.shown, this.tools))}
      <section aria-label="How was this made">
        <h2>How was this made</h2>
        ${figuresOf(origin)}
      </section>
    `;
  }

  private question(id: string, below: unknown): unknown {
    const found = this.questions.get(id);
    if (found === undefined) {
      this.questions.set(id, 'asked');
      host.post({ type: 'question', id });
    }
    return html`<aside role="status" aria-label="Question">${questionText(found ?? 'asked')} ${below}</aside>`;
  }
}

function questionText(found: Question | 'asked' | 'gone'): unknown {
  if (found === 'asked') return html`<p class="faint">Reading the question…</p>`;
  if (found === 'gone') return html`<p class="faint">The question is not in this project any more.</p>`;
  const { id, question, choices = [], correct, answers = [] } = found;
  return html`
    <h3>${words(id)}</h3>
    <p class="text" dir="auto">${question}</p>
    ${
      choices.length === 0
        ? nothing
        : html`<ol>
            ${choices.map((choice, i) => choiceOf(choice, i === correct))}
          </ol>`
    }
    ${answers.length === 0 ? nothing : html`<p>Accepted: ${words(answers.join(' · '))}</p>`}
  `;
}

const choiceOf = (choice: string, isRight: boolean): unknown => html`
  <li class=${isRight ? 'right' : ''} dir="auto">
    ${choice} ${isRight ? html`<span class="faint">(right)</span>` : nothing}
  </li>
`;

showPage('evaluation-page', EvaluationPage);
