/** The documents as points: drawn, moved, enlarged, pointed at and selected. Says what happens by events. */
import { css, html, LitElement } from 'lit';
import { color, onThemeChange, seriesColor } from '../shared/theme';
import { box, inside, nearest, onScreen, type View, viewOfAll, zoomed } from './geometry';
import { mark } from '../shared/marks';
import type { Points } from './protocol';

export type Tool = 'move' | 'box' | 'lasso';
type Place = readonly [x: number, y: number];

const radius = 3.5;
/** How near the pointer must be, pixels, and how far it may stray in a click. */
const [reach, stray] = [8, 4];

export interface Hover {
  readonly point: number;
  readonly x: number;
  readonly y: number;
}

/** Events: `hover` (Hover or null), `choose` (number of a point), `pick` (numbers of points), `view` (View). */
export class MapCanvas extends LitElement {
  static override properties = {
    points: { attribute: false },
    view: { attribute: false },
    hiddenPiles: { attribute: false },
    selected: { attribute: false },
    tool: { attribute: false },
  };
  static override styles = css`
    :host {
      display: block;
      position: relative;
      overflow: hiddenPiles;
    }
    canvas {
      position: absolute;
      inset: 0;
      width: 100%;
      height: 100%;
      touch-action: none;
    }
  `;

  declare points: Points;
  /** Undefined where all is to be seen. */
  declare view: View | undefined;
  /** Piles that are not drawn. */
  declare hiddenPiles: ReadonlySet<number>;
  /** Numbers of points. */
  declare selected: ReadonlySet<number>;
  declare tool: Tool;
  private screen: Float32Array = new Float32Array();
  private drag:
    { readonly from: Place; readonly view: View; readonly tool: Tool; readonly outline: number[] } | undefined;
  private stops: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    const resizing = new ResizeObserver(() => this.draw());
    resizing.observe(this);
    this.stops = [() => resizing.disconnect(), onThemeChange(() => this.draw())];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops) stop();
  }

  protected override render(): unknown {
    return html`<canvas
      @pointerdown=${(event: PointerEvent) => this.press(event)}
      @pointermove=${(event: PointerEvent) => this.go(event)}
      @pointerup=${(event: PointerEvent) => this.release(event)}
      @pointerleave=${() => this.say('hover', null)}
      @wheel=${(event: WheelEvent) => this.turn(event)}
    ></canvas>`;
  }

  protected override updated(): void {
    this.draw();
  }

  private get canvas(): HTMLCanvasElement | null {
    return this.renderRoot.querySelector('canvas');
  }

  private get size(): { readonly width: number; readonly height: number } {
    return { width: this.clientWidth, height: this.clientHeight };
  }

  private get seen(): View {
    return this.view ?? viewOfAll(this.points.positions, this.size);
  }

  private readonly isShown = (point: number): boolean => !this.hiddenPiles.has(this.points.piles[point]);

  private say(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  private draw(): void {
    const { canvas, size, points, selected } = this;
    const context = canvas?.getContext('2d');
    if (canvas === null || context === null || context === undefined) return;
    const ratio = window.devicePixelRatio;
    canvas.width = Math.round(size.width * ratio);
    canvas.height = Math.round(size.height * ratio);
    context.scale(ratio, ratio);
    this.screen = onScreen(points.positions, this.seen, size);
    const outliers = new Set(points.outliers);
    const byPile = new Map<number, number[]>();
    points.piles.forEach((pile, point) => {
      if (!this.isShown(point)) return;
      const members = byPile.get(pile);
      if (members === undefined) byPile.set(pile, [point]);
      else members.push(point);
    });
    for (const [pile, members] of byPile) {
      context.fillStyle = context.strokeStyle = seriesColor(pile);
      const isBright = (point: number): boolean => selected.size === 0 || selected.has(point);
      for (const bright of [false, true]) {
        context.globalAlpha = bright ? 0.85 : 0.3;
        const drawn = members.filter((point) => isBright(point) === bright);
        this.marks(
          context,
          pile,
          drawn.filter((point) => !outliers.has(point)),
        );
        context.fill();
        this.marks(
          context,
          pile,
          drawn.filter((point) => outliers.has(point)),
        );
        context.stroke();
      }
    }
    this.drawOutline(context);
  }

  private marks(context: CanvasRenderingContext2D, pile: number, points: readonly number[]): void {
    context.beginPath();
    for (const point of points) mark(context, pile, this.screen[2 * point], this.screen[2 * point + 1], radius);
  }

  private drawOutline(context: CanvasRenderingContext2D): void {
    const { outline = [], tool } = this.drag ?? {};
    if (tool === 'move' || outline.length < 4) return;
    context.globalAlpha = 1;
    context.strokeStyle = color('focusBorder');
    context.setLineDash([4, 3]);
    context.beginPath();
    for (let i = 0; i < outline.length; i += 2) context[i === 0 ? 'moveTo' : 'lineTo'](outline[i], outline[i + 1]);
    context.closePath();
    context.stroke();
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas?.setPointerCapture(event.pointerId);
    const from = placeOf(event);
    const tool = event.shiftKey ? 'box' : this.tool;
    this.drag = { from, view: this.seen, tool, outline: [] };
  }

  private go(event: PointerEvent): void {
    const at = placeOf(event);
    const { drag } = this;
    if (drag === undefined) return this.point(at);
    this.say('hover', null);
    if (drag.tool === 'move') {
      const { x, y, scale } = drag.view;
      if (isClick(drag.from, at)) return;
      return this.say('view', { x: x - (at[0] - drag.from[0]) / scale, y: y + (at[1] - drag.from[1]) / scale, scale });
    }
    if (drag.tool === 'box') drag.outline.splice(0, Infinity, ...box(drag.from, at));
    else drag.outline.push(...at);
    this.draw();
  }

  private point(at: Place): void {
    const point = nearest(this.screen, at, reach, this.isShown);
    if (this.canvas !== null) this.canvas.style.cursor = point === undefined ? 'default' : 'pointer';
    this.say('hover', point === undefined ? null : { point, x: this.screen[2 * point], y: this.screen[2 * point + 1] });
  }

  private release(event: PointerEvent): void {
    const { drag } = this;
    this.drag = undefined;
    if (drag === undefined) return;
    if (isClick(drag.from, placeOf(event))) {
      const point = nearest(this.screen, drag.from, reach, this.isShown);
      if (point !== undefined) this.say('choose', point);
    } else if (drag.tool !== 'move') this.say('pick', inside(this.screen, drag.outline, this.isShown));
    this.draw();
  }

  private turn(event: WheelEvent): void {
    event.preventDefault();
    this.say('view', zoomed(this.seen, Math.exp(-event.deltaY / 500), placeOf(event), this.size));
  }
}

const placeOf = ({ offsetX, offsetY }: MouseEvent): Place => [offsetX, offsetY];
const isClick = ([x0, y0]: Place, [x1, y1]: Place): boolean => Math.hypot(x1 - x0, y1 - y0) < stray;

customElements.define('map-canvas', MapCanvas);
