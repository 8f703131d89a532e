/**
 * Tables by names that come from outside: domains, columns, tensors. Such a name may be `constructor` or `__proto__`, so only a
 * table's own entries count: ask for them with `Object.hasOwn` or `entryOf`, never with `in` or by the bare name.
 */
import { z } from 'zod';

/** The value at a name; undefined where the table has none of its own. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The schema of a table whose names may be any text. That of zod loses `__proto__` without a word. */
export function tableOf<V extends z.ZodType>(
  values: V,
): z.ZodType<Record<string, z.output<V>>, Record<string, z.input<V>>> {
  return z.custom<Record<string, z.input<V>>>(isTable, 'expected an object').transform((given, context) => {
    const entries: [string, z.output<V>][] = [];
    for (const [name, value] of Object.entries(given)) {
      const read = values.safeParse(value);
      if (read.success) entries.push([name, read.data]);
      else
        for (const { message, path } of read.error.issues)
          context.addIssue({ code: 'custom', message, path: [name, ...path] });
    }
    return Object.fromEntries(entries);
  });
}

function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
