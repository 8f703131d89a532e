import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Import, type Imports, importsOf } from './imports';

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
  let floors: Readonly<Record<string, { readonly imports: readonly string[] }>>;

  before(async () => {
    ({ floors } = (await import(pathToFileURL(resolve('floors.mjs')).href)) as { floors: typeof floors });
    imports = await importsOf(['backend', 'extension', 'webview']);
    const unknown = [...imports].flatMap(([file, edges]) =>
      edges.filter(({ to }) => !imports.has(to)).map(({ to }) => `${file} imports ${to}`),
    );
    assert.deepEqual(unknown, []);
    assert.ok(imports.size > 300, `${imports.size} files are not all`);
  });

  it('run in no circle when a program is loaded', () => {
    assert.deepEqual(
      circles(imports, ({ how }) => how === 'loaded'),
      [],
    );
  });

  it('of types run in a circle inside one folder only', () => {
    const spanning = circles(imports, ({ how }) => how !== 'later').filter(
      (circle) => new Set(circle.map(folderOf)).size > 1,
    );
    assert.deepEqual(spanning, []);
  });

  it('run downward, also where they are types or loaded later', () => {
    const mayReach = (from: string, to: string): boolean => {
      const [[side, folder], [other, below]] = [from.split('/'), to.split('/')];
      if (side === 'extension') return true;
      if (side === 'webview') return other !== 'extension';
      return other === 'backend' && (folder === below || floors[folder].imports.includes(below));
    };
    const climbing = [...imports].flatMap(([from, edges]) =>
      edges.filter(({ to }) => !mayReach(from, to)).map(({ to }) => `${from} imports ${to}`),
    );
    assert.deepEqual(climbing, []);
  });

  it('reach from floor to floor without a circle', () => {
    const edges: Imports = new Map(
      Object.entries(floors).map(([name, { imports: below }]) => [
        name,
        below.map((to): Import => ({ to, how: 'loaded' })),
      ]),
    );
    assert.deepEqual(
      circles(edges, () => true),
      [],
    );
  });

  it('of the extension load no package and nothing that computes when the editor starts', async () => {
    const loaded = new Set<string>();
    const visit = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { to } of (imports.get(file) ?? []).filter(({ how }) => how === 'loaded')) visit(to);
    };
    visit('extension/main.ts');
    const ofBackend = [...loaded].filter((file) => file.startsWith('backend/'));
    assert.ok(ofBackend.length > 20, `${ofBackend.length} files are not all`);
    const saysOfItself =
      /^backend\/(base\/|search\/(filters|query|snippet|words)\.ts$|.*\/(settings|spec|specs|kind|method|plan|defaults|expert-warnings|chat-name|members)\.ts$)/;
    assert.deepEqual(
      ofBackend.filter((file) => !saysOfItself.test(file)),
      [],
    );
    for (const file of loaded) {
      assert.doesNotMatch(await readFile(file, 'utf8'), /^import (?!type )[^;']*'(?!\.|node:|vscode')/m, file);
    }
  });

  it('of pages load of the backend its settings, how experts look, and how figures are written and summed up', () => {
    const known =
      /\/settings\.ts$|^backend\/base\/(letter|look|format|table)\.ts$|^backend\/protocol\/sweep-figures\.ts$/;
    const wrong = [...imports].flatMap(([file, edges]) =>
      file.startsWith('webview/')
        ? edges.filter(({ to, how }) => how !== 'type' && to.startsWith('backend/') && !known.test(to))
        : [],
    );
    assert.deepEqual(wrong, []);
  });

  it('are found in a circle where there is one', () => {
    const edges: Imports = new Map([
      ['a.ts', [{ to: 'b.ts', how: 'loaded' }]],
      ['b.ts', [{ to: 'c.ts', how: 'type' }]],
      ['c.ts', [{ to: 'a.ts', how: 'loaded' }]],
    ]);
    assert.deepEqual(
      circles(edges, () => true).map((circle) => circle.sort()),
      [['a.ts', 'b.ts', 'c.ts']],
    );
    assert.deepEqual(
      circles(edges, ({ how }) => how === 'loaded'),
      [],
    );
  });
});
