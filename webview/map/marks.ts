/** How the documents of a pile look: a form beside the colour, so that colour is never the only sign. */
import { type Look, lookOf } from '../../backend/base/look';

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
