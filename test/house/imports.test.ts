import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

interface Import {
  readonly to: string;
  /** Nothing of it is there when the program runs. */
  readonly typeOnly: boolean;
}
type Imports = ReadonlyMap<string, readonly Import[]>;

/** What each file of these folders imports of the others when it is loaded; what `import()` loads later is not among it. */
async function importsOf(folders: readonly string[]): Promise<Imports> {
  const found = new Map<string, readonly Import[]>();
  for (const folder of folders) {
    for (const name of await readdir(folder, { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const file = join(folder, name);
      const statements = (await readFile(file, 'utf8')).matchAll(/^(?:import|export)\b( type\b)?[^;']*'(\.[^']+)';$/gm);
      const imports = [...statements].map(([, type, path]) => ({
        to: `${join(dirname(file), path)}.ts`,
        typeOnly: type !== undefined,
      }));
      found.set(file, imports);
    }
  }
  return found;
}

/** Sets of files of which each reaches each other one, over those imports that count (Tarjan 1972). */
function circles(imports: Imports, counts: (edge: Import) => boolean): string[][] {
  const order = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const own = order.size;
    let low = own;
    order.set(file, own);
    open.push(file);
    for (const { to } of (imports.get(file) ?? []).filter(counts)) {
      if (!order.has(to)) low = Math.min(low, visit(to));
      else if (open.includes(to)) low = Math.min(low, order.get(to) ?? own);
    }
    if (low === own) found.push(open.splice(open.indexOf(file)));
    return low;
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return found.filter(({ length }) => length > 1);
}

/** "backend/tensor" of "backend/tensor/primitives/movement.ts". */
const folderOf = (file: string): string => dirname(file).split('/').slice(0, 2).join('/');

describe('imports', () => {
  let imports: Imports;

  before(async () => {
    imports = await importsOf(['backend', 'extension', 'webview']);
    const unknown = [...imports].flatMap(([file, edges]) =>
      edges.filter(({ to }) => !imports.has(to)).map(({ to }) => `${file} imports ${to}`),
    );
    assert.deepEqual(unknown, []);
    assert.ok(imports.size > 300, `${imports.size} files are not all`);
  });

  it('run in no circle when a program is loaded', () => {
    assert.deepEqual(
      circles(imports, ({ typeOnly }) => !typeOnly),
      [],
    );
  });

  it('of types run in a circle inside one folder only', () => {
    const spanning = circles(imports, () => true).filter((circle) => new Set(circle.map(folderOf)).size > 1);
    assert.deepEqual(spanning, []);
  });

  it('are found in a circle where there is one', () => {
    const edges: Imports = new Map([
      ['a.ts', [{ to: 'b.ts', typeOnly: false }]],
      ['b.ts', [{ to: 'c.ts', typeOnly: true }]],
      ['c.ts', [{ to: 'a.ts', typeOnly: false }]],
    ]);
    assert.deepEqual(
      circles(edges, () => true).map((circle) => circle.sort()),
      [['a.ts', 'b.ts', 'c.ts']],
    );
    assert.deepEqual(
      circles(edges, ({ typeOnly }) => !typeOnly),
      [],
    );
  });
});
