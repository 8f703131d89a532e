import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Setting {
  readonly type: string;
  readonly default: unknown;
  readonly scope: string;
  readonly order: number;
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
  readonly minimum?: number;
}

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly {
      readonly title: string;
      readonly order: number;
      readonly properties: Readonly<Record<string, Setting>>;
    }[];
  };
}

describe('the manifest of the extension', () => {
  let manifest: Manifest;
  let source: string;

  before(async () => {
    manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
    const names = (await readdir('extension', { recursive: true })).filter((name) => name.endsWith('.ts'));
    source = (await Promise.all(names.map((name) => readFile(join('extension', name), 'utf8')))).join('\n');
  });

  it('has no setting that the code does not read, and the code reads no other', () => {
    const read = new Set([...source.matchAll(/\bsetting\('([\w.]+)'/g)].map(([, key]) => `polymath.${key}`));
    const told = manifest.contributes.configuration.flatMap(({ properties }) => Object.keys(properties));
    assert.deepEqual([...read].sort(), told.sort());
    assert.ok(told.length <= 25, `${told.length} settings`);
  });

  it('says of every setting what it does, in which unit, and what its values mean', () => {
    const { configuration } = manifest.contributes;
    assert.deepEqual(
      configuration.map(({ order }) => order),
      configuration.map((_, index) => index + 1),
    );
    for (const { properties } of configuration) {
      assert.equal(new Set(Object.values(properties).map(({ order }) => order)).size, Object.keys(properties).length);
      for (const [key, setting] of Object.entries(properties)) {
        const text = setting.description ?? setting.markdownDescription ?? '';
        assert.match(text, /\.$/, key);
        assert.equal(setting.enumDescriptions?.length, setting.enum?.length, key);
        if (setting.type !== 'number') continue;
        assert.notEqual(setting.minimum, undefined, key);
        assert.match(text, /Seconds|MiB|Tokens|Number|Share|Temperature/i, `${key} has no unit`);
      }
    }
  });
});
