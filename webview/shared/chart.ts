/** A chart that fills its place, in the colours of the theme. */
import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, type EChartsType, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { css, html, LitElement } from 'lit';
import type { Size } from './size';
import { onThemeChange } from './theme';

// What a page draws beside lines it brings itself.
use([LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

/** A point that was clicked, as its series has it. */
export type Picked = CustomEvent<{ readonly value: unknown }>;

export class Chart extends LitElement {
  static override properties = { draw: { attribute: false } };
  static override styles = css`
    :host,
    div {
      display: block;
      height: 100%;
    }
  `;

  /** What is shown: called again when the theme or the size changes, and whenever it is another function. Fires `pick`. */
  declare draw: (size: Size) => EChartsCoreOption;
  private chart: EChartsType | undefined;
  private stops: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    const resizing = new ResizeObserver(() => {
      this.chart?.resize();
      this.redraw();
    });
    resizing.observe(this);
    this.stops = [() => resizing.disconnect(), onThemeChange(() => this.redraw())];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops) stop();
    this.chart?.dispose();
    this.chart = undefined;
  }

  get size(): Size {
    return { width: this.clientWidth, height: this.clientHeight };
  }

  /** As it is shown, at twice its size: a data URL of a PNG. */
  png(backgroundColor: string): string {
    return this.chart?.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor }) ?? '';
  }

  protected override updated(): void {
    this.redraw();
  }

  protected override render(): unknown {
    return html`<div></div>`;
  }

  private redraw(): void {
    const place = this.renderRoot.querySelector('div');
    if (place === null) return;
    this.chart ??= this.begin(place);
    this.chart.setOption({ animation: false, ...this.draw(this.size) }, { replaceMerge: ['series'] });
  }

  private begin(place: HTMLElement): EChartsType {
    const chart = init(place, undefined, { renderer: 'canvas' });
    chart.on('click', ({ value }) => this.dispatchEvent(new CustomEvent('pick', { detail: { value } })));
    return chart;
  }
}

customElements.define('polymath-chart', Chart);
