/** A chart with its heading, what is to be known of it, controls, and the table of the same figures. */
import { html, nothing } from 'lit';
import '../shared/chart';
import type { Chart, Picked } from '../shared/chart';
import type { Size } from '../shared/size';
import { color } from '../shared/theme';
import { type ChartOption, svgOf } from './chart-option';
import type { Tools } from './tools';

export interface Figure {
  readonly title: string;
  readonly words?: string;
  readonly controls?: unknown;
  /** Pixels. */
  readonly height: number;
  /** Pixels, where the chart needs more than there is: it scrolls. */
  readonly width?: number;
  readonly draw: (size: Size) => ChartOption;
  /** A point was clicked; of its values. */
  readonly onPick?: (value: unknown) => void;
  /** Over the chart, in its pixels. */
  readonly over?: unknown;
  /** The table: below it, or beside a chart that is no wider than it is high. */
  readonly table?: unknown;
  readonly isSquare?: boolean;
}

export function figure(shown: Figure, tools: Tools): unknown {
  const { title, words, controls, table, isSquare } = shown;
  return html`
    <section aria-label=${title}>
      <div class="bar">
        <h2>${title}</h2>
        ${controls ?? nothing}
        <span class="grow"></span>
        <span>${saveButton(shown, 'png', tools)} ${saveButton(shown, 'svg', tools)}</span>
      </div>
      ${words === undefined ? nothing : html`<p class="faint">${words}</p>`}
      <div class=${isSquare === true ? 'square' : ''}>${chart(shown)} ${table ?? nothing}</div>
    </section>
  `;
}

function chart({ title, height, width, draw, onPick, over }: Figure): unknown {
  return html`
    <div class="chart">
      <div class="drawn" .style=${width === undefined ? '' : `min-width: ${width}px`}>
        <polymath-chart
          .style=${`height: ${height}px`}
          .draw=${draw}
          role="img"
          aria-label="${title}; the table has the figures"
          @pick=${({ detail }: Picked) => onPick?.(detail.value)}
        ></polymath-chart>
        ${over ?? nothing}
      </div>
    </div>
  `;
}

function saveButton({ title, draw }: Figure, format: 'png' | 'svg', tools: Tools): unknown {
  const save = ({ currentTarget }: Event): void => {
    const found = (currentTarget as HTMLElement).closest('section')?.querySelector<Chart>('polymath-chart');
    if (found) tools.post({ type: 'save', title, format, picture: pictureOf(found, format, draw) });
  };
  const name = format.toUpperCase();
  return html`<button class="quiet" aria-label="Save ${name} of ${title}" @click=${save}>Save ${name}</button>`;
}

function pictureOf(found: Chart, format: 'png' | 'svg', draw: Figure['draw']): string {
  const backgroundColor = color('editor-background');
  return format === 'png' ? found.png(backgroundColor) : svgOf({ backgroundColor, ...draw(found.size) }, found.size);
}
