import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { weightingLabel } from '../../backend/mixing/weightings/settings';
import { answerChat } from '../../extension/inline/chat-participant';
import type { InlineAnswer } from '../../extension/inline/answer';
import type { Polymath } from '../../extension/polymath';
import { givenId } from '../../extension/views/selection';
import { Respondent } from './dialogs';
import { finished, trainExperts } from './experts';
import { eventually, polymath } from './support';

const story = 'First line.\nThe captain said that\nLast line.';

const run = (command: string, ...given: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(command, ...given);
const setting = (key: string, value: unknown): Thenable<void> =>
  vscode.workspace.getConfiguration('polymath').update(key, value, vscode.ConfigurationTarget.Workspace);

describe('answers in the editor', () => {
  let parts: Polymath;
  let user: Respondent;

  async function openStory(content = story): Promise<vscode.TextEditor> {
    const document = await vscode.workspace.openTextDocument({ content, language: 'plaintext' });
    return vscode.window.showTextDocument(document);
  }

  const select = (editor: vscode.TextEditor, line: number): void => {
    editor.selection = new vscode.Selection(line, 0, line, editor.document.lineAt(line).text.length);
  };

  /** As a person writes: whatever streams meanwhile, it arrives. */
  async function write(editor: vscode.TextEditor, at: () => vscode.Position, text: string): Promise<void> {
    while (!(await editor.edit((builder) => builder.insert(at(), text))));
  }

  /** Resolves as soon as some tokens of the answer stand in the document. */
  async function streaming({ document }: vscode.TextEditor, tokens = 3): Promise<InlineAnswer> {
    return eventually(() => {
      const answer = parts.answers.in(document);
      assert.ok(answer !== undefined && answer.told.length >= tokens, 'nothing is streaming');
      return answer;
    });
  }

  before(async function () {
    parts = await polymath();
    user = new Respondent(parts);
    await setting('ask.maxTokens', 24);
  });

  afterEach(async () => {
    for (const answer of parts.answers.all) await parts.answers.reject(answer);
    while (vscode.window.activeTextEditor !== undefined) await run('workbench.action.revertAndCloseActiveEditor');
  });

  it('need experts: without them the command says so, and the base model answers all the same', async function () {
    const editor = await openStory();
    select(editor, 1);
    await assert.rejects(parts.answers.ask('mixture'), { name: 'MissingStep', message: /no experts/ });
    await run('polymath.askWith', 'base');
    const answer = parts.answers.current();
    assert.ok(answer.told.length > 0);
  });

  it('stream below a selection, are told by token, and accepted', async function () {
    const experts = await trainExperts(parts);
    await finished(parts, { kind: 'mix', experts });
    const editor = await openStory();
    select(editor, 1);
    await run('polymath.ask');
    const answer = parts.answers.current();
    const { document } = editor;
    const text = answer.told.map(({ value }) => value.text).join('');
    assert.equal(document.getText(), story.replace('that\n', `that\n${text.trimStart()}\n`));
    assert.ok(answer.told.length > 3);
    const [lens] = await eventually(async () => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
      );
      assert.equal(found.length, 4);
      return found;
    });
    assert.deepEqual([lens.range.start.line, lens.command?.command], [2, 'polymath.ask.accept']);
    const { start } = answer.text.rangeOf(answer.told[2]);
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      start,
    );
    const said = (hover.contents[0] as vscode.MarkdownString).value;
    assert.match(said, /nats/);
    assert.match(said, /\*\*A\*\* /);
    assert.match(said, /\*\*B\*\* /);
    assert.match(said, /Most probable here/);
    await run(lens.command?.command ?? '', ...((lens.command?.arguments ?? []) as unknown[]));
    assert.equal(parts.answers.in(document), undefined);
    assert.match(document.getText(), new RegExp(`^First line`));
    const [asked] = parts.history.entries;
    assert.deepEqual([asked.model, asked.prompt, asked.answer], ['mixture', 'The captain said that', text]);
  });

  it('go on at the cursor, and one undo takes back the whole answer', async () => {
    const editor = await openStory('The judge said');
    editor.selection = new vscode.Selection(0, 14, 0, 14);
    await run('polymath.ask');
    assert.ok(editor.document.getText().length > 20);
    await run('undo');
    assert.equal(editor.document.getText(), 'The judge said');
    await eventually(() => assert.equal(parts.answers.in(editor.document), undefined));
  });

  it('are rejected to the letter, also where somebody writes elsewhere while they stream', async () => {
    await setting('ask.maxTokens', 80);
    const editor = await openStory();
    select(editor, 1);
    const asking = run('polymath.ask');
    await streaming(editor);
    await write(editor, () => new vscode.Position(0, 0), 'Title\n\n');
    const answer = await streaming(editor, 8);
    const { document } = editor;
    await write(editor, () => document.lineAt(document.lineCount - 1).range.end, ' End.');
    await asking;
    const text = answer.told.map(({ value }) => value.text).join('');
    const edited = `Title\n\n${story} End.`;
    assert.equal(editor.document.getText(), edited.replace('that\n', `that\n${text.trimStart()}\n`));
    for (const token of answer.told) assert.equal(editor.document.getText(answer.text.rangeOf(token)), token.text);
    await run('polymath.ask.reject');
    assert.equal(editor.document.getText(), edited);
  });

  it('are retried in their place, with other words', async () => {
    const editor = await openStory();
    select(editor, 1);
    await run('polymath.ask');
    const first = editor.document.getText();
    await run('polymath.ask.retry');
    assert.notEqual(editor.document.getText(), first);
    assert.ok(editor.document.getText().startsWith('First line.\nThe captain said that\n'));
    await run('polymath.ask.reject');
    assert.equal(editor.document.getText(), story);
  });

  it('stop when they are told to, and the backend with them', async () => {
    await setting('ask.maxTokens', 400);
    const editor = await openStory();
    select(editor, 1);
    const asking = run('polymath.ask');
    const answer = await streaming(editor);
    await run('polymath.ask.stop');
    await asking;
    assert.equal(answer.state, 'answered');
    const told = answer.told.length;
    assert.ok(told < 400);
    // The next question is answered at once: nothing of the last one goes on.
    await setting('ask.maxTokens', 5);
    await run('polymath.ask.retry');
    assert.ok(parts.answers.current().told.length <= 5);
  });

  it('end with their document', async () => {
    await setting('ask.maxTokens', 400);
    const editor = await openStory();
    select(editor, 1);
    const asking = run('polymath.ask');
    const answer = await streaming(editor);
    await run('workbench.action.revertAndCloseActiveEditor');
    await asking;
    assert.deepEqual(parts.answers.all, []);
    assert.ok(answer.told.length < 400);
  });

  it('go into a document of their own where the one that was asked from is read-only', async () => {
    await setting('ask.maxTokens', 8);
    const provider = vscode.workspace.registerTextDocumentContentProvider('polymath-test', {
      provideTextDocumentContent: () => story,
    });
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('polymath-test:/story.txt'));
    const editor = await vscode.window.showTextDocument(document);
    select(editor, 1);
    await run('polymath.ask');
    const answer = parts.answers.current();
    assert.equal(answer.document.isUntitled, true);
    assert.ok(answer.document.getText().startsWith('The captain said that\n'));
    assert.ok(answer.told.length > 0);
    assert.equal(document.getText(), story);
    provider.dispose();
  });

  it('are kept in a history, from which they are opened, asked again and cleared', async () => {
    const [latest] = parts.history.entries;
    const opening = run('polymath.ask.history');
    await user.choose('The captain said that');
    await user.choose(/Open as Document/);
    await opening;
    assert.equal(vscode.window.activeTextEditor?.document.getText(), `${latest.prompt}\n${latest.answer}`);
    const again = run('polymath.ask.history');
    await user.choose('The captain said that');
    await user.choose(/Ask Again/);
    await again;
    assert.equal(parts.answers.current().question.prompt, 'The captain said that');
    const clearing = run('polymath.ask.history');
    await user.choose(/Clear History/);
    await clearing;
    assert.deepEqual(parts.history.entries, []);
  });

  it('come from whom is chosen, who is offered first the next time', async () => {
    const editor = await openStory();
    select(editor, 1);
    const asking = run('polymath.askWith');
    await user.choose('expert-b');
    await asking;
    assert.deepEqual(
      parts.answers.current().question.voices.map(({ letter }) => letter),
      ['B'],
    );
    const again = run('polymath.askWith');
    const list = await user.list();
    assert.equal(list.activeItems[0]?.label, 'expert-b');
    await user.cancel();
    await again;
  });

  it('go on as one writes where that is asked for, one question at a time', async () => {
    const editor = await openStory('The judge said that the');
    editor.selection = new vscode.Selection(0, 23, 0, 23);
    await run('polymath.completions.trigger');
    await eventually(async () => {
      await run('editor.action.inlineSuggest.commit');
      assert.ok(editor.document.getText().length > 23);
    });
    // Shown nowhere: the editor asks of its own accord where one can write, and only its last question counts.
    await run('workbench.action.closeAllEditors');
    const document = await vscode.workspace.openTextDocument({ content: 'The judge said that the' });
    const context = { triggerKind: vscode.InlineCompletionTriggerKind.Automatic, selectedCompletionInfo: undefined };
    const complete = (source: vscode.CancellationTokenSource): Promise<vscode.InlineCompletionItem[]> =>
      parts.completions.provideInlineCompletionItems(document, new vscode.Position(0, 20), context, source.token);
    assert.deepEqual(await complete(new vscode.CancellationTokenSource()), [], 'it is off, and completes all the same');
    await setting('completions.enabled', true);
    const sources = [1, 2, 3].map(() => new vscode.CancellationTokenSource());
    const asked = sources.map(complete);
    sources[2].cancel();
    assert.deepEqual(
      (await Promise.all(asked)).map(({ length }) => length),
      [0, 1, 0],
    );
    await setting('completions.enabled', undefined);
  });

  it('are weighed as the user chooses: by what is fitted at once, by another weighting when it is', async () => {
    const { items } = await parts.client.call('experts/list', {});
    const experts = items[0].id;
    const choose = (): Thenable<unknown> => run('polymath.experts.chooseWeighting', experts);
    const label = weightingLabel('recent');
    const fitting = choose();
    await user.sees(weightingLabel('contrast'), /^\d\.\d{3} nats per token on validation · in use$/);
    await user.sees(label, /^about /);
    await user.choose(label);
    await user.sees('Weighting', label);
    await user.choose('Start Training');
    await fitting;
    await eventually(async () => {
      const mixers = await parts.client.call('mixers/list', { experts, limit: 9 });
      assert.deepEqual(
        mixers.items.map(({ weighting }) => weighting),
        ['recent', 'contrast'],
      );
    });
    assert.equal(await parts.mixture.name(), 'mixture:recent');
    const [record] = (await parts.client.call('mixers/list', {})).items;
    assert.equal(givenId([{ kind: 'mixer', id: record.id, record }], 'experts'), experts);
    const choosing = choose();
    await user.sees(label, /in use$/);
    await user.choose(weightingLabel('contrast'));
    await choosing;
    const editor = await openStory();
    select(editor, 1);
    await run('polymath.ask');
    assert.equal(parts.answers.current().question.model.id, 'mixture:contrast');
  });

  it('are given in the chat, by whom its command names, with what was said before', async () => {
    const shown: string[] = [];
    const buttons: vscode.Command[] = [];
    const stream = {
      markdown: (value: string | vscode.MarkdownString) =>
        void shown.push(typeof value === 'string' ? value : value.value.replaceAll('&nbsp;', ' ')),
      button: (command: vscode.Command) => void buttons.push(command),
    };
    const ask = (prompt: string, command?: string): Promise<vscode.ChatResult> => {
      shown.length = 0;
      const { token } = new vscode.CancellationTokenSource();
      return answerChat(parts, { prompt, command }, { history: [] }, stream, token);
    };
    const mixture = await ask('What did the judge say?');
    assert.equal(shown.slice(0, -1).join(''), mixture.metadata?.answer);
    assert.match(shown.at(-1) ?? '', /A .* \d+ % · B .* \d+ %/);
    await ask('b What did the judge say?', 'expert');
    assert.match(shown.at(-1) ?? '', /B .* 100 %/);
    const nobody = await ask('z What did the judge say?', 'expert');
    assert.match(nobody.errorDetails?.message ?? '', /names no expert/);
    assert.match(shown.join(''), / a \\\(Expert A/);
    assert.match((await ask('Go on', 'council')).errorDetails?.message ?? '', /no council/);
  });

  it('are given to other extensions as those of a language model', async () => {
    const [model] = await eventually(async () => {
      const models = await vscode.lm.selectChatModels({ vendor: 'polymath', id: 'mixture' });
      assert.equal(models.length, 1);
      return models;
    });
    const messages = [vscode.LanguageModelChatMessage.User('What did the judge say?')];
    const response = await model.sendRequest(messages);
    let text = '';
    for await (const part of response.text) text += part;
    assert.ok(text.length > 0);
    assert.equal(await model.countTokens('four'.repeat(10)), 10);
  });

  it('are given to the backend as those of a guide, to whoever has the key of this window', async () => {
    const { url, key } = await parts.guide.offer();
    const ask = async (model: string, given = key): Promise<[number, string]> => {
      const reply = await fetch(`${url}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${given}` },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'What did the judge say?' }] }),
      });
      const { choices, error } = (await reply.json()) as {
        choices?: { message: { content: string } }[];
        error?: { message: string };
      };
      return [reply.status, choices?.[0].message.content ?? error?.message ?? ''];
    };
    const [status, text] = await ask('polymath/mixture');
    assert.equal(status, 200, text);
    assert.ok(text.length > 0);
    assert.equal((await ask('polymath/nobody'))[0], 404);
    assert.equal((await ask('polymath/mixture', 'another key'))[0], 401);
  });

  it('are asked for by keys that mean nothing else', async () => {
    const uri = vscode.Uri.parse('vscode://defaultsettings/keybindings.json');
    const defaults = (await vscode.workspace.openTextDocument(uri)).getText();
    const { contributes } = parts.extension.extension.packageJSON as {
      contributes: { keybindings: { key: string; command: string }[] };
    };
    // Escape means something else only where nothing is being asked.
    const own = contributes.keybindings.filter(
      ({ key, command }) => command.startsWith('polymath.ask') && key !== 'escape',
    );
    assert.ok(own.length > 0);
    for (const { key, command } of own) {
      const others = defaults.split('\n').filter((line) => line.includes(`"key": "${key}"`) && !line.includes(command));
      assert.deepEqual(others, [], `${key} is taken`);
    }
    assert.ok(defaults.includes('"key": "ctrl+k ctrl+c"'), 'the defaults of the editor are not there');
  });
});
