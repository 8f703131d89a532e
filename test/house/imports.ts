/** What the files of the product import of each other. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Import {
  readonly to: string;
  /** `type`: nothing of it is there when the program runs. `later`: `import()` loads it when it is needed. */
  readonly how: 'loaded' | 'type' | 'later';
}
export type Imports = ReadonlyMap<string, readonly Import[]>;

/** By file. */
export async function importsOf(folders: readonly string[]): Promise<Imports> {
  const found = new Map<string, readonly Import[]>();
  for (const folder of folders) {
    for (const name of await readdir(folder, { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const file = join(folder, name);
      found.set(file, importsIn(file, await readFile(file, 'utf8')));
    }
  }
  return found;
}

function importsIn(file: string, source: string): Import[] {
  const place = (path: string): string => `${join(dirname(file), path)}.ts`;
  const statements = [...source.matchAll(/^(?:import|export)\b( type\b)?[^;']*'(\.[^']+)';$/gm)].map(
    ([, type, path]): Import => ({ to: place(path), how: type === undefined ? 'loaded' : 'type' }),
  );
  // `import('…')` is a call where it is awaited or followed by a method, and a type elsewhere; both are arrows.
  const calls = [...source.matchAll(/\bimport\(\s*'(\.[^']+)',?\s*\)/g)].map(([, path]): Import => ({
    to: place(path),
    how: 'later',
  }));
  return [...statements, ...calls];
}
