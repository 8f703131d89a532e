/** The page of runs: a table of all, filtered and sorted, what people wrote of them, and some of them side by side. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { html, nothing, type PropertyValues } from 'lit';
import { formatCount, formatNumber } from '../../backend/base/format';
import type { OutcomeFigures, RunNote } from '../../backend/protocol/run';
import { Host } from '../shared/host';
import { PageElement, showPage } from '../shared/page-element';
import { pageStyle } from '../shared/style';
import { mostCompared, type Row, wantedRows } from './columns';
import { comparison } from './comparison';
import type { ShownRun, State, ToHost, ToPage } from './protocol';
import './rows';
import type { Written } from './rows';
import { runsStyle } from './style';

const host = new Host<ToHost, ToPage, State>();

const states: readonly ShownRun['state'][] = [
  'running',
  'queued',
  'done',
  'paused',
  'interrupted',
  'failed',
  'cancelled',
];

class RunsPage extends PageElement<ToPage> {
  static override properties = {
    runs: { state: true },
    kept: { state: true },
    compared: { state: true },
    trouble: { state: true },
    known: { state: true },
  };
  static override styles = [pageStyle, runsStyle];

  declare runs: ReadonlyMap<string, ShownRun> | undefined;
  declare kept: State;
  declare compared: Extract<ToPage, { type: 'compared' }> | undefined;
  declare trouble: string | undefined;
  /** Counts what came to be known of runs beside their records. */
  declare known: number;
  private readonly figures = new Map<string, OutcomeFigures>();
  private notes: ReadonlyMap<string, RunNote> = new Map();
  // Made when they change only, and not whenever a part of the page is drawn.
  private rows: readonly Row[] = [];
  private wanted: readonly Row[] = [];
  private chosen: ReadonlySet<string> = new Set();

  constructor() {
    super(host);
    this.kept = host.state ?? { text: '', kind: '', state: '', by: 'created', down: true, chosen: [] };
    this.known = 0;
  }

  protected override hear(message: ToPage): void {
    switch (message.type) {
      case 'runs':
        this.runs = new Map(message.runs.map((run) => [run.id, run]));
        this.keep({ chosen: this.kept.chosen.filter((id) => this.runs?.has(id)) });
        return this.compare();
      case 'changed':
        this.runs = new Map([...(this.runs ?? []), ...message.runs.map((run) => [run.id, run] as const)]);
        return;
      case 'gone':
        this.runs = new Map([...(this.runs ?? [])].filter(([id]) => id !== message.run));
        return this.choose(this.kept.chosen.filter((id) => id !== message.run));
      case 'figures':
        for (const [run, figures] of message.figures) this.figures.set(run, figures);
        this.known++;
        return;
      case 'notes':
        this.notes = new Map(message.notes.map((note) => [note.run, note]));
        this.known++;
        return;
      case 'compared':
        this.compared = message;
        return;
      case 'trouble':
        this.trouble = message.message;
    }
  }

  private keep(change: Partial<State>): void {
    this.kept = { ...this.kept, ...change };
    host.keep(this.kept);
  }

  private choose(chosen: string[]): void {
    this.keep({ chosen });
    this.compare();
  }

  /** What differs is asked for anew whenever others are chosen. */
  private compare(): void {
    const { chosen } = this.kept;
    if (chosen.length < 2) this.compared = undefined;
    else host.post({ type: 'compare', runs: chosen });
  }

  private toggle(id: string): void {
    const { chosen } = this.kept;
    if (chosen.includes(id)) return this.choose(chosen.filter((other) => other !== id));
    // The one that was chosen first makes room.
    this.choose([...chosen, id].slice(-mostCompared));
  }

  private sort(by: string): void {
    // Text from A on, figures from the largest; then the other way round.
    const isText = ['title', 'state', 'tags', 'note'].includes(by);
    this.keep({ by, down: this.kept.by === by ? !this.kept.down : !isText });
  }

  private write({ row, field, text }: Written['detail']): void {
    const tags =
      field === 'tags'
        ? text
            .split(',')
            .map((tag) => tag.trim())
            .filter(Boolean)
        : [...row.tags];
    const note = field === 'note' ? text : row.note;
    if (note === row.note && tags.join() === row.tags.join()) return;
    host.post({ type: 'annotate', run: row.id, note, tags });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('runs') || changed.has('known')) {
      this.rows = [...(this.runs?.values() ?? [])].map((run) => {
        const { note = '', tags = [] } = this.notes.get(run.id) ?? {};
        return { ...run, figures: this.figures.get(run.id) ?? {}, note, tags };
      });
    }
    if (changed.has('runs') || changed.has('known') || changed.has('kept'))
      this.wanted = wantedRows(this.rows, this.kept);
    if (changed.has('kept')) this.chosen = new Set(this.kept.chosen);
  }

  protected override render(): unknown {
    const { runs, trouble } = this;
    if (runs === undefined) return html`<p class="faint" role="status">${trouble ?? 'Reading the runs…'}</p>`;
    return html`
      ${this.bar()} ${trouble === undefined ? nothing : html`<p class="error" role="alert">${trouble}</p>`}
      ${runs.size === 0 ? html`<p class="faint">No runs yet. They appear here as they begin.</p>` : this.table()}
      ${this.comparison()}
    `;
  }

  private bar(): unknown {
    const { rows, wanted, kept } = this;
    const all = formatNumber(rows.length, 'run');
    const count = wanted.length === rows.length ? all : `${formatCount(wanted.length)} of ${all}`;
    const kinds = [...new Set(rows.map(({ kind }) => kind))].sort();
    const curves = rows.filter(({ id, hasCurves }) => hasCurves && this.chosen.has(id)).map(({ id }) => id);
    return html`
      <div class="bar">
        <h1>Runs</h1>
        <span class="faint" role="status">${count}</span>
        <span class="grow"></span>
        <vscode-textfield
          placeholder="Filter"
          label="Filter"
          .value=${kept.text}
          @input=${({ target }: Event) => this.keep({ text: (target as HTMLInputElement).value })}
        ></vscode-textfield>
        ${this.select('kind', 'All Kinds', kinds)} ${this.select('state', 'All States', states)}
        ${
          curves.length === 0
            ? nothing
            : html`<vscode-button @click=${() => host.post({ type: 'curves', runs: curves })}>
                Show Curves of ${curves.length}
              </vscode-button>`
        }
        ${
          kept.chosen.length === 0
            ? nothing
            : html`<vscode-button secondary @click=${() => this.choose([])}>Choose None</vscode-button>`
        }
      </div>
    `;
  }

  private select(what: 'kind' | 'state', all: string, values: readonly string[]): unknown {
    const chosen = this.kept[what];
    return html`
      <vscode-single-select
        label=${what === 'kind' ? 'Kind' : 'State'}
        .value=${chosen}
        @change=${({ target }: Event) => this.keep({ [what]: (target as HTMLSelectElement).value })}
      >
        <vscode-option value="" ?selected=${chosen === ''}>${all}</vscode-option>
        ${values.map(
          (value) => html`<vscode-option value=${value} ?selected=${value === chosen}>${value}</vscode-option>`,
        )}
      </vscode-single-select>
    `;
  }

  private table(): unknown {
    if (this.wanted.length === 0) return html`<p class="faint">No run fits these filters.</p>`;
    return html`
      <run-rows
        .rows=${this.wanted}
        .by=${this.kept.by}
        .down=${this.kept.down}
        .chosen=${this.chosen}
        @sort=${({ detail }: CustomEvent<string>) => this.sort(detail)}
        @open=${({ detail }: CustomEvent<string>) => host.post({ type: 'open', run: detail })}
        @choose=${({ detail }: CustomEvent<string>) => this.toggle(detail)}
        @write=${({ detail }: Written) => this.write(detail)}
      ></run-rows>
      <p class="faint keys">Arrows move, Enter opens, Space chooses to compare, N writes a note, T writes tags.</p>
    `;
  }

  private comparison(): unknown {
    const { compared } = this;
    if (compared === undefined) return nothing;
    const known = new Map(this.rows.map((row) => [row.id, row]));
    return comparison(
      compared.runs.flatMap((id) => known.get(id) ?? []),
      compared.differences,
    );
  }
}

showPage('runs-page', RunsPage);
