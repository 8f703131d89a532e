import { Row } from '../views/paged-tree';

/**
 * The rows that a command of a view is meant for: the editor hands over the row that was clicked and all selected ones, which
 * are others where somebody clicked beside the selection. Empty where the command comes from the palette.
 */
export function chosenRows<T>([clicked, selected]: readonly unknown[]): Row<T>[] {
  const among: unknown[] = Array.isArray(selected) && selected.includes(clicked) ? selected : [clicked];
  return among.filter((row): row is Row<T> => row instanceof Row);
}
