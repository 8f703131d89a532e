/** A chart that fills its place, in the colours of the theme. */
import { LineChart, type LineSeriesOption } from 'echarts/charts';
import {
  DataZoomInsideComponent,
  type DataZoomComponentOption,
  GridComponent,
  type GridComponentOption,
  TooltipComponent,
  type TooltipComponentOption,
} from 'echarts/components';
import { type ComposeOption, type EChartsType, init, use } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { CanvasRenderer } from 'echarts/renderers';
import { css, html, LitElement } from 'lit';
import { onThemeChange } from './theme';

use([LineChart, GridComponent, TooltipComponent, DataZoomInsideComponent, LabelLayout, CanvasRenderer]);

export type ChartOption = ComposeOption<
  LineSeriesOption | GridComponentOption | TooltipComponentOption | DataZoomComponentOption
>;

export class Chart extends LitElement {
  static override properties = { draw: { attribute: false } };
  static override styles = css`
    :host,
    div {
      display: block;
      height: 100%;
    }
  `;

  /** What is shown: called again when the theme changes, and whenever it is another function. */
  declare draw: () => ChartOption;
  private chart: EChartsType | undefined;
  private stops: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    const resizing = new ResizeObserver(() => this.chart?.resize());
    resizing.observe(this);
    this.stops = [() => resizing.disconnect(), onThemeChange(() => this.redraw())];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops) stop();
    this.chart?.dispose();
    this.chart = undefined;
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
    this.chart ??= init(place, undefined, { renderer: 'canvas' });
    this.chart.setOption({ animation: false, ...this.draw() }, { replaceMerge: ['series'] });
  }
}

customElements.define('polymath-chart', Chart);
