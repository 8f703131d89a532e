/** Points in the plane, as numbers two by two: x0, y0, x1, y1 … */

/** What is seen: the middle in the map's own units, and pixels per unit. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const margin = 24;

/** All points, with a margin around them. */
export function viewOfAll(positions: ArrayLike<number>, { width, height }: Size): View {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < positions.length; i += 2) {
    left = Math.min(left, positions[i]);
    right = Math.max(right, positions[i]);
    bottom = Math.min(bottom, positions[i + 1]);
    top = Math.max(top, positions[i + 1]);
  }
  if (positions.length === 0) return { x: 0, y: 0, scale: 1 };
  const across = Math.max(1, width - 2 * margin) / Math.max(1e-6, right - left);
  const up = Math.max(1, height - 2 * margin) / Math.max(1e-6, top - bottom);
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale: Math.min(across, up) };
}

/** Where the points are on the screen; y grows downward there. */
export function onScreen(positions: ArrayLike<number>, view: View, { width, height }: Size): Float32Array {
  const screen = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 2) {
    screen[i] = width / 2 + (positions[i] - view.x) * view.scale;
    screen[i + 1] = height / 2 - (positions[i + 1] - view.y) * view.scale;
  }
  return screen;
}

/** Larger by a factor around a place on the screen, which stays where it is. */
export function zoomed(view: View, factor: number, [px, py]: readonly [number, number], { width, height }: Size): View {
  const scale = view.scale * factor;
  const shift = 1 / view.scale - 1 / scale;
  return { x: view.x + (px - width / 2) * shift, y: view.y - (py - height / 2) * shift, scale };
}

/** Number of the point next to a place, of those that count; undefined where none is within `reach`. */
export function nearest(
  screen: Float32Array,
  [px, py]: readonly [number, number],
  reach: number,
  counts: (point: number) => boolean,
): number | undefined {
  let found: number | undefined;
  let least = reach * reach;
  for (let i = 0; i < screen.length; i += 2) {
    const distance = (screen[i] - px) ** 2 + (screen[i + 1] - py) ** 2;
    if (distance > least || !counts(i / 2)) continue;
    least = distance;
    found = i / 2;
  }
  return found;
}

/** Numbers of the points inside a polygon (even–odd rule) whose corners are given like points. */
export function inside(screen: Float32Array, polygon: readonly number[], counts: (point: number) => boolean): number[] {
  const found: number[] = [];
  for (let i = 0; i < screen.length; i += 2) {
    if (counts(i / 2) && isInside(screen[i], screen[i + 1], polygon)) found.push(i / 2);
  }
  return found;
}

function isInside(x: number, y: number, polygon: readonly number[]): boolean {
  let odd = false;
  for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [polygon[i], polygon[i + 1], polygon[j], polygon[j + 1]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}

/** The corners of a box from one corner to the opposite one. */
export const box = ([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): number[] => {
  return [x0, y0, x1, y0, x1, y1, x0, y1];
};
