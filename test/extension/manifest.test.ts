import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chord, inTitle, onRow } from '../../extension/contributions/contribution';
import { manifestOf } from '../../extension/contributions/manifest';
import { views } from '../../extension/contributions/views';

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
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: readonly {
      readonly title: string;
      readonly order: number;
      readonly properties: Readonly<Record<string, Setting>>;
    }[];
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly id: string;
        readonly description: string;
        readonly completionEvents: readonly string[];
        readonly media: { readonly svg: string; readonly altText: string };
      }[];
    }[];
  };
}

describe('the manifest of the extension', () => {
  let manifest: Manifest;
  let source: string;
  let pages: string;

  before(async () => {
    manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
    const sourceOf = async (folder: string): Promise<string> => {
      const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
      return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
    };
    [source, pages] = await Promise.all([sourceOf('extension'), sourceOf('webview')]);
  });

  it('has every command that a button names', () => {
    const named = [...`${source}${pages}`.matchAll(/command: '(polymath\.[\w.]+)'/g)].map(([, command]) => command);
    assert.ok(named.length > 20, `${named.length} are not all`);
    const there = new Set(manifest.contributes.commands.map(({ command }) => command));
    const focus = Object.keys(views).map((view) => `polymath.${view}.focus`);
    assert.deepEqual(
      named.filter((command) => !there.has(command) && !focus.includes(command)),
      [],
    );
  });

  it('says what the tables of the extension say', async () => {
    await promisify(execFile)(process.execPath, ['scripts/contributions.mjs', '--check']);
  });

  it('has all that an entry of a command says, where the editor looks for it', () => {
    const toy = {
      title: 'Play…',
      icon: 'rocket',
      needs: 'nothing',
      palette: 'polymath.playing',
      menus: [inTitle('piles', 'navigation@1'), onRow(['datasets', 'piles'], /^toy:/, 'inline@1', '9_play@1')],
      keys: [chord('y')],
      run: () => undefined,
    } as const;
    const { contributes } = manifestOf({ commands: { 'polymath.toy': toy }, pages: {}, settings: {}, views });
    const command = 'polymath.toy';
    const when = String.raw`view =~ /^polymath\.(datasets|piles)$/ && viewItem =~ /^toy:/`;
    assert.deepEqual(contributes.commands, [{ command, title: 'Play…', category: 'Polymath', icon: '$(rocket)' }]);
    assert.deepEqual(contributes.menus, {
      'view/title': [{ command, when: 'view == polymath.piles', group: 'navigation@1' }],
      'view/item/context': [
        { command, when, group: 'inline@1' },
        { command, when, group: '9_play@1' },
      ],
      commandPalette: [{ command, when: 'polymath.playing' }],
    });
    assert.ok(
      (contributes.keybindings as object[]).some(
        (binding) => JSON.stringify(binding) === JSON.stringify({ command, ...chord('y') }),
      ),
    );
  });

  it('names in its texts no command that is not there', () => {
    const commands = new Set(manifest.contributes.commands.map(({ command }) => command));
    const named = [...JSON.stringify(manifest.contributes).matchAll(/\(command:(polymath\.[\w.]+)\)/g)];
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.map(([, command]) => command).filter((command) => !commands.has(command)),
      [],
    );
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
        assert.match(text, /Seconds|MiB|Tokens|Number|Share|Temperature|without a unit/i, `${key} has no unit`);
      }
    }
  });

  it('has a walkthrough whose steps have a picture, a command that is there, and an end', async () => {
    const commands = new Set(manifest.contributes.commands.map(({ command }) => command));
    const [{ steps }] = manifest.contributes.walkthroughs;
    assert.equal(steps.length, 6);
    for (const { id, description, completionEvents, media } of steps) {
      await access(media.svg);
      const picture = await readFile(media.svg, 'utf8');
      assert.match(picture, /var\(--vscode-/, `${media.svg} does not follow the theme`);
      const [, command = ''] = /\(command:([\w.]+)\)/.exec(description) ?? [];
      assert.ok(commands.has(command), `${id}: there is no command ${command}`);
      const [[kind, what]] = completionEvents.map((event) => event.split(':'));
      if (kind === 'onCommand') assert.equal(what, command);
      else assert.ok(kind === 'onContext' && source.includes(what.replace(/\w+$/, '')), `${id}: nothing sets ${what}`);
    }
  });
});
