import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { createRandom } from '../../backend/base/random';
import { addressOf } from '../../extension/documents/uri';
import type { Polymath } from '../../extension/polymath';
import { eventually, polymath } from './support';

const subjects = [
  'court appeal plaintiff judge claim law jury verdict lawyer trial evidence statute contract clause tort damages',
  'striker goal team match league coach player season stadium referee penalty ball keeper cup final winger',
];

const endings = ['', 's', 'ing', 'ed', 'er', 'ish', 'like', 'less'];

/** A corpus of two subjects in words drawn from them; the second document is code. */
function corpus(): object[] {
  const random = createRandom(1);
  const sentence = (words: readonly string[], length: number): string =>
    Array.from({ length }, () => `${words[random.below(words.length)]}${endings[random.below(endings.length)]}`).join(
      ' ',
    );
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
    });
  }

  async function start(spec: { kind: 'import'; source: string } | { kind: 'split'; dataset: string; k: number }) {
    const more = spec.kind === 'import' ? { validation: 0.1, test: 0.1 } : { method: 'unigram' as const };
    return parts.client.call('runs/start', { spec: { ...spec, ...more } });
  }

  before(async function () {
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
    assert.equal(vscode.window.activeTextEditor?.document.uri.path, '/match.py');
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

  describe('that are split into piles', () => {
    let clustering = '';

    const lenses = async (): Promise<string[]> => {
      const uri = vscode.window.activeTextEditor?.document.uri;
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
      return found.map(({ command }) => command?.title ?? '');
    };
    const documents = (pile: number): Promise<number[]> =>
      parts.client
        .call('piles/documents', { clustering, pile, order: 'confidence' })
        .then(({ items }) => items.map(({ index }) => index));
    const run = (command: string, ...given: unknown[]): Thenable<unknown> =>
      vscode.commands.executeCommand(`polymath.${command}`, ...given);

    before(async function () {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      clustering = await finished({ kind: 'split', dataset, k: 2 });
    });

    it('say where they lie and what can be done, and lead to their neighbours', async () => {
      const [first, second] = await documents(0);
      await run('documents.open', { dataset, index: first });
      await eventually(async () => assert.match((await lenses())[0] ?? '', /^Pile A · .* %$/));
      const titles = (await lenses()).map((title) => title.replace(/\$\([a-z-]+\) /, ''));
      assert.deepEqual(titles.slice(1), ['Move…', 'Why here', 'Links', 'Exclude', 'Next', 'Label']);
      await run('documents.next');
      assert.equal(addressOf(vscode.window.activeTextEditor?.document.uri ?? vscode.Uri.parse('none:'))?.index, second);
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        vscode.window.activeTextEditor?.document.uri,
        new vscode.Position(0, 1),
      );
      const [figures] = hovers.flatMap(({ contents }) => contents);
      assert.match((figures as vscode.MarkdownString).value.replaceAll('&nbsp;', ' '), /Place.*2 of \d+/);
    });

    it('are moved, excluded and taken back step by step while they are labelled, and the order of the pile stays', async () => {
      const [first, second, third] = await documents(0);
      await run('documents.open', { dataset, index: second });
      await run('labelling.start');
      await run('documents.move', 1);
      await eventually(async () => assert.match((await lenses())[0] ?? '', /^Pile B .* moved by hand/));
      await run('documents.exclude');
      await eventually(async () => assert.match((await lenses())[0] ?? '', /excluded$/));
      await run('documents.next');
      const shown = (): number | undefined =>
        addressOf(vscode.window.activeTextEditor?.document.uri ?? vscode.Uri.parse('none:'))?.index;
      assert.equal(shown(), third);
      await run('documents.previous');
      await run('documents.previous');
      assert.equal(shown(), first);
      await run('documents.undo');
      const [row] = await parts.client.call('documents/at', { dataset, indices: [second] });
      assert.equal(row.excluded, undefined);
      await run('documents.undo');
      assert.deepEqual((await documents(0)).slice(0, 3), [first, second, third]);
      await run('labelling.stop');
      assert.equal(parts.labelling.isOn, false);
    });

    it('tell why they are in their pile beside them, with ways to the documents most like them', async () => {
      const [first] = await documents(0);
      await run('documents.open', { dataset, index: first });
      await run('documents.why');
      const page = await eventually(() => {
        const editor = vscode.window.visibleTextEditors.find(
          ({ document: { uri } }) => uri.scheme === 'polymath-report',
        );
        assert.ok(editor);
        return editor.document;
      });
      const text = page.getText();
      for (const heading of [
        'Where it lies',
        'How likely each pile is',
        'Words of the pile that it has',
        'Documents most like it',
      ]) {
        assert.match(text, new RegExp(`^## ${heading}$`, 'm'));
      }
      assert.match(text, /^\S+ +█+░* +in \S+ % of its pile, \S+ % of others, \d+ × here$/m);
      const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', page.uri);
      const [link] = links.filter(({ target }) => target?.scheme === 'command');
      assert.match(page.getText(link.range), /^#\d+$/);
      assert.equal(addressOf(vscode.window.activeTextEditor?.document.uri ?? page.uri)?.index, first);
    });

    it('stand for their pile in its digest, which is written anew after a move', async () => {
      await run('piles.openDigest', { clustering, pile: 0 });
      const page = vscode.window.activeTextEditor?.document;
      assert.match(page?.getText() ?? '', /^# Pile A: /);
      assert.match(page?.getText() ?? '', /## Gold domains\n\n```text\n(law|sport) +█/);
      const size = Number(/(\d+) documents, /.exec(page?.getText() ?? '')?.[1]);
      const [first] = await documents(0);
      const found = await parts.client.call('piles/find', { clustering, document: first });
      const moved = { index: first, version: found?.row.version ?? 0 };
      await parts.client.call('labels/move', { clustering, documents: [moved], to: 1 });
      await eventually(() => assert.match(page?.getText() ?? '', new RegExp(`^${size - 1} documents, `, 'm')));
      await parts.client.call('labels/undo', { clustering });
    });

    it('show what another window did to them', async () => {
      const [first] = await documents(0);
      await run('documents.open', { dataset, index: first });
      await eventually(async () => assert.match((await lenses())[0] ?? '', /^Pile A/));
      const found = await parts.client.call('piles/find', { clustering, document: first });
      const version = found?.row.version ?? 0;
      await parts.client.call('labels/move', { clustering, documents: [{ index: first, version }], to: 1 });
      await eventually(async () => assert.match((await lenses())[0] ?? '', /^Pile B/));
      await parts.client.call('labels/undo', { clustering });
    });
  });
});
