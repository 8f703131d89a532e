import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { createRandom } from '../../backend/protocol/random';
import { addressOf } from '../../extension/documents/uri';
import type { Polymath } from '../../extension/polymath';
import { eventually, polymath } from './support';

const subjects = [
  'court appeal plaintiff judge claim law jury verdict lawyer trial evidence statute contract clause tort damages',
  'striker goal team match league coach player season stadium referee penalty ball keeper cup final winger',
];

/** A corpus of two subjects in words drawn from them; the second document is code. */
function corpus(): object[] {
  const random = createRandom(1);
  const sentence = (words: readonly string[], length: number): string =>
    Array.from({ length }, () => words[random.below(words.length)]).join(' ');
  return Array.from({ length: 60 }, (_, i) => {
    const words = subjects[i % 2].split(' ');
    const lines = Array.from({ length: 4 + (i % 4) }, () => sentence(words, 12));
    return {
      id: `note-${i}`,
      domain: i % 2 === 0 ? 'law' : 'sport',
      ...(i === 1 ? { path: 'src/match.py' } : { title: `Note ${i}` }),
      text: [`${i % 2 === 0 ? 'Law' : 'Sport'} of day ${i}`, ...lines].join('\n'),
    };
  });
}

const activeText = (): string => vscode.window.activeTextEditor?.document.getText() ?? '';
const activeTab = (): vscode.Tab | undefined => vscode.window.tabGroups.activeTabGroup.activeTab;

describe('documents of a dataset', () => {
  let parts: Polymath;
  let dataset = '';
  const source = join(vscode.workspace.workspaceFolders?.[0].uri.fsPath ?? '', 'notes.jsonl');

  async function finished(spec: Parameters<typeof start>[0]): Promise<string> {
    const { id } = await start(spec);
    return eventually(async () => {
      const { state, result, failure } = await parts.client.call('runs/get', { run: id });
      assert.equal(state, 'done', failure?.message);
      return result ?? '';
    }, 60_000);
  }

  async function start(spec: { kind: 'import'; source: string } | { kind: 'split'; dataset: string; k: number }) {
    const more = spec.kind === 'import' ? { validation: 0.1, test: 0.1 } : { method: 'kmeans' as const };
    return parts.client.call('runs/start', { spec: { ...spec, ...more } });
  }

  before(async function () {
    this.timeout(120_000);
    parts = await polymath();
    const lines = corpus().map((document) => `${JSON.stringify(document)}\n`);
    await writeFile(source, lines.join(''));
    dataset = await finished({ kind: 'import', source });
  });

  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('open read-only, under their own titles and with the language that they have', async () => {
    await vscode.commands.executeCommand('polymath.documents.open', { dataset, index: 0 });
    await eventually(() => assert.equal(vscode.window.activeTextEditor?.document.languageId, 'polymath-document'));
    assert.match(activeText(), /^Law of day 0\n/);
    assert.equal(activeTab()?.label, 'Note 0.txt');
    const before = activeText();
    await vscode.commands.executeCommand('type', { text: 'x' });
    assert.equal(activeText(), before);
    await vscode.commands.executeCommand('polymath.documents.open', { dataset, index: 1 });
    await eventually(() => assert.match(activeText(), /^Sport of day 1\n/));
    assert.equal(vscode.window.activeTextEditor?.document.uri.path, '/note-1.py');
  });

  it('are compared side by side', async () => {
    await vscode.commands.executeCommand('polymath.documents.open', { dataset, index: 0 });
    await vscode.commands.executeCommand('workbench.action.keepEditor');
    await vscode.commands.executeCommand('polymath.documents.open', { dataset, index: 2 });
    const comparing = vscode.commands.executeCommand('polymath.documents.compare');
    await eventually(async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      assert.ok(activeTab()?.input instanceof vscode.TabInputTextDiff);
    });
    await comparing;
    const { original, modified } = activeTab()?.input as vscode.TabInputTextDiff;
    assert.deepEqual([original, modified].map(addressOf), [
      { dataset, index: 2 },
      { dataset, index: 0 },
    ]);
  });

  it('lead to the file that they were read from, at its line', async () => {
    await vscode.commands.executeCommand('polymath.documents.openOriginal', { dataset, index: 7 });
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, source);
    assert.equal(vscode.window.activeTextEditor?.selection.active.line, 7);
  });
});
