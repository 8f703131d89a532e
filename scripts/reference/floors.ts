/** The table of floors in ARCHITECTURE.md, from floors.mjs. */
import { code, table } from './markdown';

export type Floors = Readonly<
  Record<string, { readonly floor: number; readonly imports: readonly string[]; readonly holds: string }>
>;

const [begin, end] = ['<!-- floors: made by `npm run docs` of floors.mjs -->', '<!-- /floors -->'];

export function withFloors(text: string, floors: Floors): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`ARCHITECTURE.md has lost the marks ${begin} and ${end}`);
  const rows = Object.entries(floors)
    .sort(([, a], [, b]) => b.floor - a.floor)
    .map(([name, { floor, holds, imports }]) => [String(floor), code(`backend/${name}/`), holds, imports.join(', ')]);
  const lines = table(['floor', 'folder', 'holds', 'may import'], rows);
  return `${text.slice(0, from)}${begin}\n\n${lines}\n\n${text.slice(to)}`;
}
