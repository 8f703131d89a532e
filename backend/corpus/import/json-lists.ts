import { findText } from './columns';
import { isFields } from './fields';
import { UserError } from '../../base/errors';

type Fields = Readonly<Record<string, unknown>>;

/** Objects within objects in which a list is looked for. */
const MAX_DEPTH = 4;

/** The records in the one list of an object, or in the lists of its records: `data`, `data[].paragraphs`. Undefined where there is none. */
export function recordsWithin(
  object: Fields,
): { readonly records: readonly unknown[]; readonly form: string } | undefined {
  const lists = listsIn(object, '', 1);
  if (lists.length === 0) return undefined;
  if (lists.length > 1) {
    throw new UserError(
      `The file holds several lists of records: ${lists.map(({ path }) => `\`${path}\``).join(', ')}.`,
      "Write each to a file of its own, for example: jq -c '.name[]' OLD.json > NEW.jsonl",
    );
  }
  let [{ path, records }] = lists;
  const others = Object.keys(object).filter((name) => name !== path.split('.', 1)[0]);
  // Where the records hold no text themselves, they may hold lists of those that do.
  for (;;) {
    const sample = records.slice(0, 100).filter(isFields);
    const inner = new Set(sample.flatMap((record) => listsIn(record, '', MAX_DEPTH).map((list) => list.path)));
    if (findText(sample) !== undefined || inner.size !== 1) break;
    const [name] = inner;
    records = records.flatMap((record) =>
      isFields(record) && Array.isArray(record[name]) ? (record[name] as unknown[]) : [],
    );
    path = `${path}[].${name}`;
  }
  const unread = others.length === 0 ? '' : `; not read beside it: ${others.map((name) => `\`${name}\``).join(', ')}`;
  return { records, form: `the list \`${path}\`${unread}` };
}

function listsIn(object: Fields, prefix: string, depth: number): { path: string; records: unknown[] }[] {
  return Object.entries(object).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.some(isFields) ? [{ path: prefix + name, records: value as unknown[] }] : [];
    return isFields(value) && depth < MAX_DEPTH ? listsIn(value, `${prefix}${name}.`, depth + 1) : [];
  });
}

/** Whether each field holds a column: lists of one length, or objects with the same keys, as pandas writes them. */
export function isTableOfColumns(object: Fields): boolean {
  const columns = Object.values(object);
  const keys = columns.map((column) => (Array.isArray(column) || isFields(column) ? Object.keys(column).join() : ''));
  return columns.length > 0 && keys[0].includes(',') && keys.every((own) => own === keys[0]);
}
