/** Values of a record by the name of a field, or by its path within other fields: `meta.title`. */
type Fields = Readonly<Record<string, unknown>>;

/** Fields within fields that are looked for when columns are guessed. */
const MAX_DEPTH = 3;
const MAX_PATHS = 500;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a field, undefined where there is none. A field that is called as the whole path goes first. */
export function valueAt(fields: Fields, path: string): unknown {
  if (Object.hasOwn(fields, path)) return fields[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const name = path.slice(0, dot);
    const inner = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const found = isFields(inner) ? valueAt(inner, path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The paths of all fields of these records that are no groups of fields themselves. */
export function pathsOf(records: readonly Fields[]): string[] {
  const paths = new Set<string>();
  const visit = (fields: Fields, prefix: string, depth: number): void => {
    for (const [name, value] of Object.entries(fields)) {
      if (paths.size >= MAX_PATHS) return;
      if (isFields(value) && depth < MAX_DEPTH) visit(value, `${prefix}${name}.`, depth + 1);
      else paths.add(prefix + name);
    }
  };
  for (const record of records) visit(record, '', 1);
  return [...paths];
}

/** The fields but for those at these paths; groups of which nothing is left are left out too. */
export function without(fields: Fields, paths: readonly string[]): Fields {
  const kept = Object.entries(fields).flatMap(([name, value]): [string, unknown][] => {
    if (paths.includes(name)) return [];
    const inner = paths.filter((path) => path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));
    if (inner.length === 0 || !isFields(value)) return [[name, value]];
    const rest = without(value, inner);
    return Object.keys(rest).length === 0 ? [] : [[name, rest]];
  });
  return Object.fromEntries(kept);
}
