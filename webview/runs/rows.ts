/** The table of runs: only the rows that are seen are made, however many there are. */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { words } from '../shared/data-table';
import { pageStyle } from '../shared/style';
import { type Row, type RunColumn, saying } from './columns';

/** Pixels of a row; all are as high. */
const height = 30;
/** Rows that are made above and below those that are seen. */
const beyond = 10;

/** What a person writes of a run. */
export type Written = CustomEvent<{ readonly row: Row; readonly field: 'note' | 'tags'; readonly text: string }>;

/** Fires `sort` (key of a column), `open` and `choose` (id of a run), and `write`. */
export class RunRows extends LitElement {
  static override properties = {
    rows: { attribute: false },
    by: { attribute: false },
    down: { attribute: false },
    chosen: { attribute: false },
    active: { state: true },
    first: { state: true },
    editing: { state: true },
  };
  static override styles = [
    pageStyle,
    css`
      :host {
        padding: 0;
      }
      .scroller {
        max-height: max(240px, calc(100vh - 130px));
        overflow: auto;
        border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
      }
      table {
        border-collapse: separate;
        border-spacing: 0;
        min-width: 100%;
      }
      table:focus {
        outline: none;
      }
      thead th {
        position: sticky;
        top: 0;
        z-index: 1;
        background: var(--vscode-editor-background);
        border-bottom: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
      }
      th,
      td {
        box-sizing: border-box;
        height: ${height}px;
        max-width: 280px;
        padding: 0 12px 0 4px;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .spacer td {
        padding: 0;
      }
      /* What is at the left stays there, so that it is always said of which run the figures are. */
      tbody tr {
        --layer: transparent;
        background: linear-gradient(var(--layer), var(--layer)) var(--vscode-editor-background);
      }
      tbody tr:hover {
        --layer: var(--vscode-list-hoverBackground);
      }
      tr[aria-selected='true'] {
        --layer: var(--vscode-list-inactiveSelectionBackground);
      }
      .fixed {
        position: sticky;
        left: 0;
        width: 30px;
        min-width: 30px;
        background: inherit;
      }
      .fixed + .fixed {
        left: 30px;
      }
      thead .fixed {
        z-index: 2;
        background: var(--vscode-editor-background);
      }
      table:focus .active,
      .active:focus-within {
        outline: 1px solid var(--vscode-focusBorder);
        outline-offset: -1px;
      }
      thead button {
        padding: 0;
        border: 0;
        background: none;
        color: inherit;
        font: inherit;
        cursor: pointer;
      }
      thead button:hover {
        color: var(--vscode-foreground);
      }
      .tag {
        margin-right: 4px;
        padding: 1px 6px;
        border-radius: 8px;
        color: var(--vscode-badge-foreground);
        background: var(--vscode-badge-background);
        outline: 1px solid var(--vscode-contrastBorder, transparent);
        outline-offset: -1px;
      }
      td.written {
        cursor: text;
        min-width: 80px;
      }
      input[type='text'] {
        box-sizing: border-box;
        width: 240px;
        height: ${height - 6}px;
        padding: 0 4px;
        border: 1px solid var(--vscode-input-border, var(--vscode-focusBorder));
        color: var(--vscode-input-foreground);
        background: var(--vscode-input-background);
        font: inherit;
      }
      .failed {
        color: var(--vscode-errorForeground);
      }
    `,
  ];

  declare rows: readonly Row[];
  declare by: string;
  declare down: boolean;
  declare chosen: ReadonlySet<string>;
  /** The run on which keys act. */
  declare active: string | undefined;
  /** The first row that is seen. */
  declare first: number;
  declare editing: { readonly run: string; readonly field: 'note' | 'tags' } | undefined;

  constructor() {
    super();
    this.rows = [];
    this.by = '';
    this.down = false;
    this.chosen = new Set();
    this.first = 0;
  }

  private get scroller(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.scroller');
  }

  /** Rows that have room. */
  private get room(): number {
    return Math.ceil((this.scroller?.clientHeight ?? 600) / height);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('editing') && this.editing !== undefined) {
      const input = this.renderRoot.querySelector<HTMLInputElement>('input[type=text]');
      input?.focus();
      input?.select();
    }
  }

  protected override render(): unknown {
    const { rows } = this;
    const shown = saying(rows);
    const from = Math.max(0, Math.min(this.first, rows.length - this.room) - beyond);
    const to = Math.min(rows.length, this.first + this.room + beyond);
    return html`
      <div class="scroller" @scroll=${() => this.look()}>
        <table
          role="grid"
          tabindex="0"
          aria-label="Runs"
          aria-multiselectable="true"
          aria-rowcount=${rows.length + 1}
          aria-activedescendant=${this.active === undefined ? nothing : this.active}
          @keydown=${(event: KeyboardEvent) => this.press(event)}
        >
          <thead>
            <tr aria-rowindex="1">
              <th scope="col" class="fixed" title="Chosen to be compared"></th>
              ${shown.map((column) => this.head(column))}
            </tr>
          </thead>
          <tbody>
            ${spacer(from)}
            ${repeat(
              rows.slice(from, to),
              ({ id }) => id,
              (row, i) => this.row(row, from + i, shown),
            )}
            ${spacer(rows.length - to)}
          </tbody>
        </table>
      </div>
    `;
  }

  private head({ key, title, told, format }: RunColumn): unknown {
    const order = this.by !== key ? 'none' : this.down ? 'descending' : 'ascending';
    const sign = { none: '', ascending: ' ↑', descending: ' ↓' }[order];
    return html`
      <th
        scope="col"
        class=${key === 'title' ? 'fixed' : format === undefined ? '' : 'number'}
        aria-sort=${order}
        title=${told ?? nothing}
      >
        <button tabindex="-1" @click=${() => this.tell('sort', key)}>${title}${sign}</button>
      </th>
    `;
  }

  private row(row: Row, index: number, shown: readonly RunColumn[]): unknown {
    const { id } = row;
    const isChosen = this.chosen.has(id);
    return html`
      <tr
        id=${id}
        class=${id === this.active ? 'active' : ''}
        aria-rowindex=${index + 2}
        aria-selected=${isChosen}
        @mousedown=${() => (this.active = id)}
      >
        <td class="fixed">
          <input
            type="checkbox"
            tabindex="-1"
            aria-label="Compare ${row.title}"
            .checked=${isChosen}
            @change=${() => this.tell('choose', id)}
          />
        </td>
        ${shown.map((column) => this.cell(row, column))}
      </tr>
    `;
  }

  private cell(row: Row, { key, value, format }: RunColumn): unknown {
    if (key === 'title') {
      return html`<td class="fixed" title="${row.title} ${row.telling}">
        <button class="link" tabindex="-1" title=${opening[row.opens]} @click=${() => this.tell('open', row.id)}>
          ${words(row.title)}
        </button>
        <span class="faint">${words(row.telling)}</span>
      </td>`;
    }
    if (key === 'state')
      return html`<td class=${row.state === 'failed' ? 'failed' : ''} title=${row.words}>${words(row.words)}</td>`;
    if (key === 'created') return html`<td>${row.when}</td>`;
    if (key === 'note' || key === 'tags') return this.written(row, key);
    const number = value(row);
    return html`<td class="number">${typeof number === 'number' ? format?.(number) : ''}</td>`;
  }

  /** What a person wrote, to be changed in its place. */
  private written(row: Row, field: 'note' | 'tags'): unknown {
    const text = field === 'note' ? row.note : row.tags.join(', ');
    if (this.editing?.run !== row.id || this.editing.field !== field) {
      const shown = field === 'note' ? words(text) : row.tags.map((tag) => html`<bdi class="tag">${tag}</bdi>`);
      const told = text === '' ? `Click to write ${field === 'note' ? 'a note' : 'tags, commas between'}` : text;
      return html`<td class="written" title=${told} @click=${() => this.edit(row.id, field)}>${shown}</td>`;
    }
    const done = ({ target }: Event): void => {
      if (this.editing === undefined) return;
      this.editing = undefined;
      this.tell('write', { row, field, text: (target as HTMLInputElement).value });
    };
    return html`<td class="written">
      <input
        type="text"
        dir="auto"
        aria-label=${field === 'note' ? `Note of ${row.title}` : `Tags of ${row.title}, commas between`}
        maxlength="10000"
        .value=${text}
        @blur=${done}
        @keydown=${(event: KeyboardEvent) => this.finish(event, done)}
      />
    </td>`;
  }

  private edit(run: string, field: 'note' | 'tags'): void {
    this.active = run;
    this.editing = { run, field };
  }

  /** Enter keeps, Escape forgets; the keys of the table are none here. */
  private finish(event: KeyboardEvent, done: (event: Event) => void): void {
    event.stopPropagation();
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    if (event.key === 'Enter') done(event);
    this.editing = undefined;
    this.renderRoot.querySelector<HTMLElement>('table')?.focus();
  }

  private press(event: KeyboardEvent): void {
    const at = this.rows.findIndex(({ id }) => id === this.active);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + this.room - 2,
      PageUp: at - this.room + 2,
      Home: 0,
      End: this.rows.length - 1,
    };
    if (Object.hasOwn(steps, event.key)) {
      this.go(steps[event.key]);
    } else if (this.active !== undefined && at >= 0) {
      if (event.key === 'Enter') this.tell('open', this.active);
      else if (event.key === ' ') this.tell('choose', this.active);
      else if (event.key === 'n' || event.key === 'F2') this.edit(this.active, 'note');
      else if (event.key === 't') this.edit(this.active, 'tags');
      else return;
    } else return;
    event.preventDefault();
  }

  /** Makes a row the active one, and scrolls as far as it takes to see it below the head. */
  private go(wanted: number): void {
    const index = Math.max(0, Math.min(wanted, this.rows.length - 1));
    const { scroller } = this;
    if (scroller === null || this.rows.length === 0) return;
    this.active = this.rows[index].id;
    const top = index * height;
    const room = scroller.clientHeight - 2 * height;
    scroller.scrollTop = Math.max(top - room, Math.min(scroller.scrollTop, top));
    this.look();
  }

  private look(): void {
    this.first = Math.floor((this.scroller?.scrollTop ?? 0) / height);
  }

  private tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const opening = { evaluation: 'Open Evaluation', curves: 'Show Training Curves', log: 'Open Log' } as const;

const spacer = (rows: number): unknown =>
  rows <= 0
    ? nothing
    : html`<tr class="spacer" aria-hidden="true">
        <td .style=${`height: ${rows * height}px`}></td>
      </tr>`;

customElements.define('run-rows', RunRows);
