import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { exists } from '../../backend/base/files';
import { importsOf } from './imports';

interface Change {
  readonly title: string;
  /** Each file and folder that it touches, as the page writes it. */
  readonly touched: readonly string[];
  /** Those and all others that its lines name. */
  readonly named: readonly string[];
}

/** How many files each change may touch, and something that was added so, by the names in angle brackets. */
const changes: Readonly<Record<string, { readonly most: number; readonly example: Readonly<Record<string, string>> }>> =
  {
    'A splitting method': { most: 3, example: { name: 'gold' } },
    'A weighting': { most: 3, example: { name: 'centroid' } },
    'A procedure of councils': { most: 3, example: { name: 'vote' } },
    'A way to evolve councils': { most: 3, example: { name: 'ga' } },
    'A way to merge experts': { most: 3, example: { name: 'dare-ties' } },
    'A kind of run': { most: 4, example: { name: 'merge' } },
    'A command and its twin in the editor': { most: 3, example: { name: 'merge', subject: 'merge' } },
    'A page in the editor': { most: 3, example: { name: 'training' } },
    'A family of models': { most: 3, example: { name: 'gpt2' } },
    'GGUF files of a family': { most: 3, example: {} },
  };

const isPath = (named: string): boolean => /^(backend|extension|webview|docs|media)\/[\w<>./-]+$/.test(named);

function changesIn(page: string): Change[] {
  return page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title, ...lines] = section.trim().split('\n');
      const items = lines.filter((line) => line.startsWith('- '));
      return {
        title,
        touched: items.flatMap((line) => [...line.matchAll(/^- `([^`]+)`/g)].map(([, path]) => path)),
        named: items.flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, path]) => path).filter(isPath)),
      };
    });
}

describe('docs/changes.md', () => {
  let told: readonly Change[];

  before(async () => {
    told = changesIn(await readFile('docs/changes.md', 'utf8'));
  });

  const written = (path: string, example: Readonly<Record<string, string>>): string =>
    path.replaceAll(/<(\w+)>/g, (whole, word: string) => example[word] ?? whole);

  it('tells of every change that is often made', () => {
    assert.deepEqual(
      told.map(({ title }) => title),
      Object.keys(changes),
    );
  });

  it('names files that are there, and few', async () => {
    for (const { title, touched, named } of told) {
      const { most, example } = changes[title];
      assert.ok(touched.length > 0 && touched.length <= most, `${title}: ${touched.length} files`);
      for (const path of new Set([...touched, ...named])) {
        assert.ok(isPath(path) && (await exists(written(path, example))), `${title}: ${path}`);
      }
    }
  });

  it('names all files that know of something that was added so', async () => {
    const imports = await importsOf(['backend', 'extension', 'webview']);
    const commands = /^(backend\/cli|extension)\/commands\/(?!table)/;
    for (const { title, named } of told) {
      const { example } = changes[title];
      const paths = [...new Set(named)].map((path) => written(path, example));
      const own = named.filter((path) => path.includes('<')).map((path) => written(path, example));
      const isOwn = (file: string): boolean =>
        own.some((path) => file === path || (path.endsWith('/') && file.startsWith(path)));
      const knowing = [...imports].filter(([file, edges]) => !isOwn(file) && edges.some(({ to }) => isOwn(to)));
      // The command that starts runs of a kind is a change of its own.
      const files = knowing.map(([file]) => file).filter((file) => title !== 'A kind of run' || !commands.test(file));
      const others = paths.filter((path) => path.endsWith('.ts') && !isOwn(path));
      if (own.length > 0) assert.deepEqual(files.sort(), others.sort(), title);
    }
  });
});
