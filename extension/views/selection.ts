import type * as vscode from 'vscode';
import type { IdKind } from '../../backend/protocol/records';
import { TreeRow } from './paged-tree';

/**
 * The rows that a command of a view is meant for: the editor hands over the row that was clicked and all selected ones, which
 * are others where somebody clicked beside the selection. Empty where the command comes from the palette.
 */
export function chosenRows<T>([clicked, selected]: readonly unknown[]): TreeRow<T>[] {
  const among: unknown[] = Array.isArray(selected) && selected.includes(clicked) ? selected : [clicked];
  return among.filter((row): row is TreeRow<T> => row instanceof TreeRow);
}

/**
 * The id of this kind that a command is meant for: what was handed over is the id itself, or something with such an id, or a row
 * of a view with one in its value, however deep the view keeps it.
 */
export function givenId([clicked]: readonly unknown[], kind: IdKind): string | undefined {
  const isId = isIdOf(kind);
  if (isId(clicked)) return clicked;
  const value = clicked instanceof TreeRow ? (clicked as TreeRow<unknown>).value : clicked;
  const parts = partsOf(value);
  return [...parts, ...parts.flatMap(partsOf)].find(isId);
}

/** The ids of this kind that were handed over: one, or a list of them. */
export const givenIds = ([clicked]: readonly unknown[], kind: IdKind): string[] =>
  [clicked].flat().filter(isIdOf(kind));

const isIdOf =
  (kind: IdKind) =>
  (value: unknown): value is string =>
    typeof value === 'string' && value.startsWith(`${kind}-`);

/** A record has its own id, and those of what it belongs to. */
function partsOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

/** A tree as far as its selection goes. */
interface Selecting<T> {
  readonly view: Pick<vscode.TreeView<TreeRow<T> | object>, 'selection'>;
}

/**
 * What the chosen rows of one kind stand for. From the palette or by key they are those that are selected in the first of the trees
 * that has any.
 */
export function chosenNodes<T extends { readonly kind: string }, K extends T['kind']>(
  given: readonly unknown[],
  kind: K,
  trees: readonly Selecting<T>[],
): Extract<T, { kind: K }>[] {
  const isMeant = (node: T): node is Extract<T, { kind: K }> => node.kind === kind;
  const clicked = chosenRows<T>(given);
  const candidates =
    clicked.length > 0 ? [clicked] : trees.map(({ view }) => chosenRows<T>([view.selection[0], view.selection]));
  const nodes = candidates.map((rows) => rows.map(({ value }) => value).filter(isMeant));
  return nodes.find((found) => found.length > 0) ?? [];
}
