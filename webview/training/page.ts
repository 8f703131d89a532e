/** The page of training curves: runs, their states, a panel per kind of figure, each with a table of the same curves. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Metric } from '../../backend/protocol/run';
import '../shared/chart';
import { Host } from '../shared/host';
import { PageElement, showPage } from '../shared/page-element';
import { pageStyle } from '../shared/style';
import { type ChartOption, chartOption, dashOf, isMarked, type Line, lineColor, type Panel, panelsOf } from './panels';
import type { ShownRun, State, ToHost, ToPage } from './protocol';

const host = new Host<ToHost, ToPage, State>();

class TrainingPage extends PageElement<ToPage> {
  static override properties = { runs: { state: true }, chosen: { state: true }, trouble: { state: true } };
  static override styles = [
    pageStyle,
    css`
      .runs {
        margin: 12px 0;
      }
      .runs .bar {
        margin-top: 4px;
      }
      section {
        margin-top: 24px;
      }
      dl {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 24px;
        margin: 6px 0;
      }
      dl div {
        display: flex;
        gap: 6px;
      }
      dt {
        color: var(--vscode-descriptionForeground);
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      summary {
        cursor: pointer;
      }
      .panel {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 16px;
      }
      @media (max-width: 700px) {
        .panel {
          grid-template-columns: minmax(0, 1fr);
        }
      }
      polymath-chart {
        height: 280px;
      }
      vscode-single-select {
        width: 170px;
      }
      svg {
        vertical-align: middle;
      }
    `,
  ];

  declare runs: readonly ShownRun[] | undefined;
  declare chosen: State;
  declare trouble: string | undefined;
  private readonly points = new Map<string, readonly Metric[]>();

  constructor() {
    super(host);
    this.chosen = host.state ?? { runs: [], axis: 'steps', smoothing: 0, hidden: [] };
  }

  protected override hear(message: ToPage): void {
    switch (message.type) {
      case 'runs': {
        this.runs = message.runs;
        const runs = message.runs.map(({ id }) => id);
        for (const id of this.points.keys()) if (!runs.includes(id)) this.points.delete(id);
        return this.choose({ runs });
      }
      case 'points': {
        const kept = this.points.get(message.run)?.slice(0, message.keep) ?? [];
        this.points.set(message.run, [...kept, ...message.points]);
        return this.requestUpdate();
      }
      case 'trouble':
        this.trouble = message.message;
    }
  }

  private choose(change: Partial<State>): void {
    this.chosen = { ...this.chosen, ...change };
    host.keep(this.chosen);
  }

  private toggle(key: string): void {
    const { hidden } = this.chosen;
    this.choose({ hidden: hidden.includes(key) ? hidden.filter((other) => other !== key) : [...hidden, key] });
  }

  protected override render(): unknown {
    const { runs, trouble } = this;
    if (runs === undefined) return html`<p class="faint" role="status">${trouble ?? 'Reading the run…'}</p>`;
    const panels = panelsOf(runs, this.points, this.chosen);
    return html`
      <div class="bar">
        <h1>Training Curves</h1>
        <span class="grow"></span>
        ${this.controls()}
      </div>
      ${trouble === undefined ? nothing : html`<p class="error" role="alert">${trouble}</p>`}
      <div class="runs">
        ${repeat(
          runs,
          ({ id }) => id,
          (run, index) => this.run(run, index),
        )}
      </div>
      ${repeat(
        panels,
        ({ name }) => name,
        (panel) => this.panel(panel),
      )}
    `;
  }

  private controls(): unknown {
    const { axis, smoothing } = this.chosen;
    return html`
      <label>
        Axis
        <vscode-single-select
          label="Axis"
          .value=${axis}
          @change=${({ target }: Event) => this.choose({ axis: (target as HTMLSelectElement).value as State['axis'] })}
        >
          <vscode-option value="steps" ?selected=${axis === 'steps'}>Tokens or rounds</vscode-option>
          <vscode-option value="seconds" ?selected=${axis === 'seconds'}>Seconds of work</vscode-option>
        </vscode-single-select>
      </label>
      <label>
        Smoothing
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          .value=${String(smoothing)}
          @input=${({ target }: Event) => this.choose({ smoothing: Number((target as HTMLInputElement).value) })}
        />
        <span class="number">${smoothing.toFixed(2)}</span>
      </label>
      <vscode-button secondary @click=${() => host.post({ type: 'add' })}>Compare with Run…</vscode-button>
    `;
  }

  private run({ id, title, state, words, next, figures, settings }: ShownRun, index: number): unknown {
    const many = (this.runs?.length ?? 0) > 1;
    const empty = (this.points.get(id)?.length ?? 0) === 0;
    return html`
      <div class="bar" data-run=${id} data-points=${this.points.get(id)?.length ?? 0}>
        <strong>${many ? `${index + 1} ` : ''}${title}</strong>
        <span class=${state === 'failed' ? 'error' : 'faint'} role="status">${words}</span>
        <span class="grow"></span>
        <vscode-button secondary @click=${() => host.post({ type: 'log', run: id })}>Open Log</vscode-button>
        ${
          many
            ? html`<vscode-button secondary @click=${() => host.post({ type: 'remove', run: id })}>
                Leave Out
              </vscode-button>`
            : nothing
        }
      </div>
      ${next === undefined ? nothing : html`<p>${next}</p>`} ${factList('Figures', figures)}
      ${
        settings.length === 0
          ? nothing
          : html`<details>
              <summary>Settings</summary>
              ${factList('Settings', settings)}
            </details>`
      }
      ${empty ? html`<p class="faint">${emptiness(state)}</p>` : nothing}
    `;
  }

  private panel(panel: Panel): unknown {
    const hidden = new Set(this.chosen.hidden);
    const draw = (): ChartOption => chartOption(panel, hidden);
    return html`
      <section aria-label=${panel.title}>
        <h2>${panel.title}</h2>
        <div class="panel">
          <polymath-chart
            .draw=${draw}
            role="img"
            aria-label="${panel.title}; the table has the figures"
          ></polymath-chart>
          <div>
            <table>
              <thead>
                <tr>
                  <th>Curve</th>
                  <th class="number">Last</th>
                  <th class="number">${isMarked(panel) ? '◆ ' : ''}Lowest</th>
                </tr>
              </thead>
              <tbody>
                ${repeat(
                  panel.lines,
                  ({ key }) => key,
                  (line) => this.row(line, hidden.has(line.key)),
                )}
              </tbody>
            </table>
          </div>
        </div>
      </section>
    `;
  }

  private row(line: Line, hidden: boolean): unknown {
    const values = line.points.map(([, y]) => y);
    const lowest = values.reduce((least, value) => Math.min(least, value), Infinity);
    const dash = { solid: 'none', dashed: '6 3', dotted: '2 2' }[dashOf(line)];
    return html`
      <tr>
        <td>
          <label>
            <input type="checkbox" .checked=${!hidden} @change=${() => this.toggle(line.key)} />
            <svg width="24" height="8" aria-hidden="true">
              <line x2="24" y1="4" y2="4" stroke=${lineColor(line)} stroke-width="3" stroke-dasharray=${dash} />
            </svg>
            ${line.label}
          </label>
        </td>
        <td class="number">${values[values.length - 1].toPrecision(4)}</td>
        <td class="number">${lowest.toPrecision(4)}</td>
      </tr>
    `;
  }
}

/** Names and values one after the other. */
function factList(name: string, facts: readonly (readonly [string, string])[]): unknown {
  return html`
    <dl aria-label=${name}>
      ${facts.map(
        ([label, value]) => html`
          <div>
            <dt>${label}</dt>
            <dd>${value}</dd>
          </div>
        `,
      )}
    </dl>
  `;
}

function emptiness(state: ShownRun['state']): string {
  switch (state) {
    case 'queued':
      return 'Curves begin when the run does.';
    case 'running':
      return 'Curves begin with the first step that learns; before it the corpus is read.';
    case 'done':
      return 'This run measured nothing that makes a curve.';
    case 'failed':
    case 'cancelled':
    case 'paused':
    case 'interrupted':
      return 'The run ended before it had learned anything.';
  }
}

showPage('training-page', TrainingPage);
