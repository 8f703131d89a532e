/** The page of the map: a split as points in the plane, with a legend, a selection shared with the tree, and moves. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { html, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { Host } from '../shared/host';
import { pileMark } from '../shared/marks';
import { PageElement, showPage } from '../shared/page-element';
import { pageStyle } from '../shared/style';
import './canvas';
import type { Hover, Tool } from './canvas';
import type { View } from './geometry';
import type { ListedDocument, ShownPile, State, ToHost, ToPage } from './protocol';
import { mapStyle } from './style';

const host = new Host<ToHost, ToPage, State>();
const tools: readonly (readonly [Tool, string])[] = [
  ['move', 'Move'],
  ['box', 'Select Box'],
  ['lasso', 'Lasso'],
];

type ShownMap = Extract<ToPage, { type: 'map' }>;
type Words = Extract<ToPage, { type: 'words' }>;

class MapPage extends PageElement<ToPage> {
  static override properties = {
    map: { state: true },
    words: { state: true },
    kept: { state: true },
    selected: { state: true },
    hover: { state: true },
    preview: { state: true },
    listed: { state: true },
    tool: { state: true },
  };
  static override styles = [pageStyle, mapStyle];

  declare map: ShownMap | undefined;
  declare words: Words | undefined;
  declare kept: State;
  /** Indices in the dataset: also of documents that the map leaves out. */
  declare selected: readonly number[];
  declare hover: Hover | null;
  declare preview: Extract<ToPage, { type: 'preview' }> | undefined;
  declare listed: readonly ListedDocument[];
  declare tool: Tool;
  // Made when they change only, and not with every step of the pointer: the canvas draws what it is given anew.
  private hiddenPiles: ReadonlySet<number> = new Set();
  private selectedPoints: ReadonlySet<number> = new Set();

  constructor() {
    super(host);
    this.kept = host.state ?? { clustering: '', hidden: [] };
    this.selected = [];
    this.listed = [];
    this.hover = null;
    this.tool = 'move';
  }

  protected override hear(message: ToPage): void {
    switch (message.type) {
      case 'map':
        this.map = message;
        this.words = undefined;
        return this.of(message.clustering);
      case 'words':
        this.words = message;
        return this.of(message.clustering);
      case 'selected':
        return this.choose(message.documents);
      case 'listed':
        this.listed = message.documents;
        return;
      case 'preview':
        this.preview = message;
    }
  }

  /** What is kept is of one split. */
  private of(clustering: string): void {
    if (this.kept.clustering !== clustering) this.keep({ clustering, hidden: [], view: undefined });
    if (this.map?.clustering !== clustering) this.map = undefined;
  }

  private keep({ view = this.kept.view, ...change }: Partial<Omit<State, 'view'>> & { view?: View | undefined }): void {
    const { view: _, ...rest } = this.kept;
    this.kept = { ...rest, ...change, ...(view === undefined ? {} : { view }) };
    host.keep(this.kept);
  }

  private seeAll(): void {
    const { view: _, ...rest } = this.kept;
    this.kept = rest;
    host.keep(rest);
  }

  /** What it lists of them comes after. */
  private choose(documents: readonly number[]): void {
    this.selected = documents;
    this.listed = [];
  }

  private select(documents: readonly number[]): void {
    this.choose(documents);
    host.post({ type: 'select', documents: [...documents] });
  }

  protected override willUpdate(changed: PropertyValues<MapPage>): void {
    if (changed.has('kept')) this.hiddenPiles = new Set(this.kept.hidden);
    if (!changed.has('selected') && !changed.has('map')) return;
    const chosen = new Set(this.selected);
    const documents = this.map?.points.documents ?? [];
    this.selectedPoints = new Set(documents.flatMap((document, point) => (chosen.has(document) ? [point] : [])));
  }

  protected override render(): unknown {
    const { map, words } = this;
    if (words !== undefined || map === undefined) {
      return html`
        <p class=${words?.failed === true ? 'error' : 'faint'} role="status">${words?.text ?? 'Reading the split…'}</p>
        ${
          words?.failed === true
            ? html`<vscode-button @click=${() => host.post({ type: 'retry' })}>Try Again</vscode-button>`
            : nothing
        }
      `;
    }
    return html`
      <div class="bar">
        <h1>${map.title}</h1>
        <span class="faint" role="status">${this.count(map)}</span>
        <span class="grow"></span>
        ${tools.map(
          ([tool, name]) => html`
            <vscode-button
              ?secondary=${this.tool !== tool}
              aria-pressed=${this.tool === tool}
              @click=${() => (this.tool = tool)}
            >
              ${name}
            </vscode-button>
          `,
        )}
        <vscode-button secondary @click=${() => this.seeAll()}>See All</vscode-button>
      </div>
      ${this.selection(map)}
      <div class="map">
        ${this.points(map)}
        <div class="beside">${this.legend(map)} ${this.list(map)}</div>
      </div>
    `;
  }

  private count({ total, points: { documents } }: ShownMap): string {
    const shown = documents.length.toLocaleString('en-US');
    const all = total.toLocaleString('en-US');
    return documents.length === total ? `${all} documents` : `${shown} of ${all} documents, evenly drawn`;
  }

  private selection({ piles }: ShownMap): unknown {
    const { length } = this.selected;
    if (length === 0) {
      return html`<p class="faint">
        A click opens a document; a box (Shift and drag) or a lasso selects some, which are listed beside the map.
      </p>`;
    }
    const move = ({ target }: Event): void => {
      const select = target as HTMLSelectElement;
      if (select.value === '') return;
      host.post({ type: 'move', documents: [...this.selected], to: Number(select.value) });
      select.value = '';
    };
    return html`
      <div class="bar selection">
        <span role="status">${length.toLocaleString('en-US')} selected</span>
        <label>
          Move to
          <vscode-single-select label="Move to" @change=${move}>
            <vscode-option value="">Choose a pile</vscode-option>
            ${piles.map(({ letter, name }, pile) => html`<vscode-option value=${pile}>${letter} ${name}</vscode-option>`)}
          </vscode-single-select>
        </label>
        <vscode-button secondary @click=${() => this.select([])}>Clear Selection</vscode-button>
      </div>
    `;
  }

  private points(map: ShownMap): unknown {
    const { points } = map;
    return html`
      <div class="canvas">
        <map-canvas
          role="img"
          aria-label="Documents as points; the tree of piles has the same documents"
          .points=${points}
          .view=${this.kept.view}
          .hiddenPiles=${this.hiddenPiles}
          .selected=${this.selectedPoints}
          .tool=${this.tool}
          @hover=${({ detail }: CustomEvent<Hover | null>) => this.look(map, detail)}
          @choose=${({ detail }: CustomEvent<number>) => host.post({ type: 'open', document: points.documents[detail] })}
          @pick=${({ detail }: CustomEvent<number[]>) => this.select(detail.map((point) => points.documents[point]))}
          @view=${({ detail }: CustomEvent<View>) => this.keep({ view: detail })}
        ></map-canvas>
        ${this.tooltip(map)}
      </div>
    `;
  }

  private look({ points }: ShownMap, hover: Hover | null): void {
    if (hover !== null && hover.point !== this.hover?.point) {
      host.post({ type: 'look', document: points.documents[hover.point] });
    }
    this.hover = hover;
  }

  private tooltip({ points, piles }: ShownMap): unknown {
    const { hover, preview } = this;
    if (hover === null) return nothing;
    const { letter, name } = piles[points.piles[hover.point]];
    const known = preview?.document === points.documents[hover.point] ? preview : undefined;
    const outlier = points.outliers.includes(hover.point) ? ' · fits no pile well' : '';
    return html`
      <div class="tooltip" role="tooltip" .style=${`left: ${hover.x + 12}px; top: ${hover.y + 12}px`}>
        <strong>${letter} ${name}</strong>${outlier}
        <div>${known?.id}</div>
        <div class="faint">${known?.text}</div>
      </div>
    `;
  }

  private list({ piles, points }: ShownMap): unknown {
    const { listed, selected } = this;
    if (selected.length === 0 || listed.length === 0) return nothing;
    const rest = selected.length - listed.length;
    const letterOf = (document: number): string => {
      const point = points.documents.indexOf(document);
      return point < 0 ? '' : piles[points.piles[point]].letter;
    };
    return html`
      <h2 id="selected">Selected</h2>
      <ul class="listed" aria-labelledby="selected">
        ${repeat(
          listed,
          ({ document }) => document,
          ({ document, id, text }) => html`
            <li>
              <button title=${id} @click=${() => host.post({ type: 'open', document })}>
                <strong>${letterOf(document)}</strong> ${text}
              </button>
            </li>
          `,
        )}
      </ul>
      ${rest > 0 ? html`<p class="faint">and ${rest.toLocaleString('en-US')} more</p>` : nothing}
    `;
  }

  private legend({ piles, points }: ShownMap): unknown {
    const { hidden } = this.kept;
    const toggle = (pile: number): void =>
      this.keep({ hidden: hidden.includes(pile) ? hidden.filter((other) => other !== pile) : [...hidden, pile] });
    return html`
      <table aria-label="Piles">
        ${repeat(
          piles,
          ({ letter }) => letter,
          (pile, i) => html`
            <tr>
              <td>
                <label>
                  <input type="checkbox" .checked=${!hidden.includes(i)} @change=${() => toggle(i)} />
                  ${pileMark(i)}
                  <strong>${pile.letter}</strong> ${nameOf(pile)}
                </label>
              </td>
              <td class="number">${pile.size.toLocaleString('en-US')}</td>
            </tr>
          `,
        )}
        ${
          points.outliers.length === 0
            ? nothing
            : html`<tr>
                <td class="faint">hollow: fits no pile well</td>
                <td class="number">${points.outliers.length}</td>
              </tr>`
        }
      </table>
    `;
  }
}

const nameOf = ({ name }: ShownPile): string => (name.length > 40 ? `${name.slice(0, 39)}…` : name);

showPage('map-page', MapPage);
