import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../extension/commands/table';
import { settings } from '../../extension/settings';
import { extensionId, polymath } from './support';
import { untested } from './untested';

interface Manifest {
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category?: string }[];
    readonly configuration: readonly { readonly properties: Readonly<Record<string, { readonly default: unknown }>> }[];
  };
}

describe('activation', () => {
  const extension = vscode.extensions.getExtension(extensionId);
  const { activationEvents, contributes } = extension?.packageJSON as Manifest;

  it('starts no backend', async () => {
    assert.equal(extension?.isActive, false, 'something activated it before the test');
    const { client } = await polymath();
    assert.equal(client.state.kind, 'stopped');
  });

  it('happens by itself in a folder with a project only', () => {
    // The editor adds one for each command, view and other contribution.
    const others = activationEvents.filter((event) => !/^on[A-Z]\w*:/.test(event));
    assert.deepEqual(others, ['workspaceContains:.polymath/project.duckdb']);
  });

  it('registers every command of the manifest', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = contributes.commands.map(({ command }) => command).filter((id) => !registered.has(id));
    assert.deepEqual(missing, []);
  });

  it('has a test for every command, or a reason why there is none', async () => {
    const folder = join(extension?.extensionPath ?? '', 'test');
    const tests: string[] = [];
    for (const name of await readdir(folder, { recursive: true })) {
      if (/\.(suite|ui)\.ts$/.test(name)) tests.push(await readFile(join(folder, name), 'utf8'));
    }
    const isTested = (id: string, title: string): boolean =>
      tests.some((text) => text.includes(`${id.replace('polymath.', '')}'`) || text.includes(title));
    const forgotten = contributes.commands.filter(({ command, title }) => !isTested(command, title));
    assert.deepEqual(
      forgotten.map(({ command }) => command).filter((id) => untested[id] === undefined),
      [],
    );
    assert.deepEqual(
      Object.keys(untested).filter((id) => commands[id as keyof typeof commands] === undefined),
      [],
      'reasons for commands that do not exist',
    );
  });

  it('has one table of commands and one of settings, which the manifest repeats', () => {
    assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), Object.keys(commands).sort());
    for (const { command, title, category } of contributes.commands) {
      assert.equal(category, 'Polymath', command);
      assert.match(title, /^[A-Z](?!.*(Polymath|\.\.\.|[.!?]$))/, command);
    }
    const properties = contributes.configuration.flatMap((group) => Object.entries(group.properties));
    assert.deepEqual(
      Object.fromEntries(properties.map(([key, { default: value }]) => [key, value])),
      Object.fromEntries(Object.entries(settings).map(([key, setting]) => [`polymath.${key}`, setting.default])),
    );
    assert.ok(properties.length <= 25, `${properties.length} settings`);
  });
});
