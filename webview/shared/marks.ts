/** How the documents of a pile look: a form beside the colour, so that colour is never the only sign. */
import { html } from 'lit';
import { type Look, lookOf } from '../../backend/base/look';
import { seriesValue } from './theme';

type Path = Pick<CanvasRenderingContext2D, 'moveTo' | 'lineTo' | 'arc' | 'closePath'>;

const polygon = (corners: number, turn: number) => (path: Path, x: number, y: number, r: number) => {
  for (let i = 0; i < corners; i++) {
    const angle = turn + (2 * Math.PI * i) / corners;
    path[i === 0 ? 'moveTo' : 'lineTo'](x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  path.closePath();
};

const up = -Math.PI / 2;
const drawn: Readonly<Record<Look['form'], (path: Path, x: number, y: number, r: number) => void>> = {
  circle: (path, x, y, r) => {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
  },
  square: polygon(4, Math.PI / 4),
  triangle: polygon(3, up),
  diamond: polygon(4, 0),
  down: polygon(3, -up),
  hexagon: polygon(6, 0),
};

/** Adds the mark of a document of a pile to a path. */
export function mark(path: Path, pile: number, x: number, y: number, r: number): void {
  drawn[lookOf(pile).form](path, x, y, r);
}

/** The mark of a pile beside its letter. */
export const pileMark = (pile: number): unknown => html`
  <svg class="mark" width="14" height="14" aria-hidden="true" .style=${`color: ${seriesValue(pile)}`}>
    <path fill="currentColor" d=${outlineOf(pile)} />
  </svg>
`;

/** As the path of a drawing of 14 by 14. */
function outlineOf(pile: number): string {
  const steps: string[] = [];
  const path = {
    moveTo: (x: number, y: number) => void steps.push(`M${x} ${y}`),
    lineTo: (x: number, y: number) => void steps.push(`L${x} ${y}`),
    arc: (x: number, y: number, r: number) =>
      void steps.push(`A${r} ${r} 0 1 1 ${x - r} ${y}A${r} ${r} 0 1 1 ${x + r} ${y}`),
    closePath: () => void steps.push('Z'),
  };
  mark(path, pile, 7, 7, 5);
  return steps.join('');
}
