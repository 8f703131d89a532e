/** Home: the project at a glance, what is done of it, and what is next. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import { html, nothing } from 'lit';
import { words } from '../shared/data-table';
import { Host } from '../shared/host';
import { PageElement, showPage } from '../shared/page-element';
import { pageStyle } from '../shared/style';
import { diskSection, evaluationSection, expertsSection, modelSection, pilesSection } from './parts';
import { pipeline } from './pipeline';
import type { Offer, ShownProject, ShownRun, State, ToHost, ToPage } from './protocol';
import { homeStyle } from './style';
import { type Tools, offerButton } from './tools';
import { runsSection } from './work';

const host = new Host<ToHost, ToPage, State>();

class HomePage extends PageElement<ToPage> {
  static override properties = {
    name: { state: true },
    project: { state: true },
    runs: { state: true },
    words: { state: true },
    kept: { state: true },
  };
  static override styles = [pageStyle, homeStyle];

  declare name: string;
  declare project: ShownProject | undefined;
  declare runs: readonly ShownRun[];
  declare words: Extract<ToPage, { type: 'words' }> | undefined;
  declare kept: State;

  private readonly tools: Tools = {
    take: ({ command, on }) => host.post({ type: 'do', command, ...(on !== undefined && { on }) }),
    look: (dataset, split) => {
      this.keep({ byItself: this.kept.byItself, dataset, ...(split !== undefined && { split }) });
      host.post({ type: 'look', dataset, ...(split !== undefined && { split }) });
    },
  };

  constructor() {
    super(host);
    this.kept = host.state ?? { byItself: false };
    this.name = '';
    this.runs = [];
  }

  protected override hear(message: ToPage): void {
    switch (message.type) {
      case 'shown':
        this.name = message.name;
        return this.keep({ ...this.kept, byItself: message.byItself });
      case 'project':
        this.project = message.project;
        this.words = undefined;
        return;
      case 'runs':
        this.runs = message.runs;
        return;
      case 'words':
        this.words = message;
    }
  }

  private keep(state: State): void {
    this.kept = state;
    host.keep(state);
  }

  protected override render(): unknown {
    const { project, words: told } = this;
    return [this.notice(), told !== undefined || project === undefined ? this.told() : this.shown(project)];
  }

  private shown(project: ShownProject): unknown {
    const { tools } = this;
    const ask: Offer | undefined = project.steps.find(({ name }) => name === 'Answers')?.offers.at(0);
    return html`
      <div class="bar">
        <h1>${words(this.name)}</h1>
        <span class="grow"></span>
        ${ask === undefined ? nothing : offerButton({ ...ask, title: 'Ask the Experts…' }, tools)}
      </div>
      ${pipeline(project.steps, tools)} ${runsSection(this.runs, tools)}
      <div class="sections">
        ${pilesSection(project, tools)} ${expertsSection(project, tools)} ${evaluationSection(project, tools)}
        ${modelSection(project)} ${diskSection(project)}
      </div>
    `;
  }

  private told(): unknown {
    const { words: told, tools } = this;
    return html`
      <h1>${words(this.name)}</h1>
      <p class=${told?.failed === true ? 'error' : 'faint'} role="status">${told?.text ?? 'Reading the project…'}</p>
      <div class="bar">${told?.offers.map((offer, i) => offerButton(offer, tools, i > 0))}</div>
    `;
  }

  /** Whoever did not ask for Home is told why it is here. */
  private notice(): unknown {
    if (!this.kept.byItself) return nothing;
    return html`
      <p class="notice">
        Home opened by itself, as it does once in a folder that has a project. It starts nothing.
        <button class="link" @click=${() => host.post({ type: 'never' })}>Do Not Open by Itself</button>
      </p>
    `;
  }
}

showPage('home-page', HomePage);
