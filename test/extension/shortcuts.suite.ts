import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { extensionId } from './support';

interface Binding {
  readonly key: string;
  readonly mac?: string;
  readonly command: string;
  readonly when?: string;
}

describe('keyboard shortcuts', () => {
  const { contributes } = vscode.extensions.getExtension(extensionId)?.packageJSON as {
    contributes: { keybindings: readonly Binding[] };
  };
  /** Those that hold outside of Polymath's own views and documents. */
  const everywhere = contributes.keybindings.filter(({ when }) => !/polymath/.test(when ?? ''));

  it('begin with one chord wherever they hold everywhere', () => {
    assert.ok(everywhere.length > 0);
    assert.deepEqual([...new Set(everywhere.map(({ key }) => key.split(' ')[0]))], ['shift+alt+p']);
    assert.deepEqual([...new Set(everywhere.map(({ mac }) => mac?.split(' ')[0]))], ['shift+alt+cmd+p']);
  });

  it('override none of the editor', async () => {
    const uri = vscode.Uri.parse('vscode://defaultsettings/keybindings.json');
    const text = (await vscode.workspace.openTextDocument(uri)).getText();
    const bindings = JSON.parse(text.replace(/^\s*\/\/.*$/gm, '')) as Binding[];
    assert.ok(bindings.length > 500, `${bindings.length} shortcuts are not all`);
    const first = new Set(['shift+alt+p']);
    const others = bindings.filter(({ key, command }) => first.has(key.split(' ')[0]) && !/^polymath\./.test(command));
    assert.deepEqual(others, []);
    const own = bindings.filter(({ command, key }) => /^polymath\./.test(command) && first.has(key.split(' ')[0]));
    assert.equal(own.length, everywhere.length);
  });
});
