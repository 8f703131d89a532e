import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Ask } from '../../extension/wizard/steps';
import type { Polymath } from '../../extension/polymath';
import { Respondent } from './dialogs';
import { eventually, polymath } from './support';

describe('questions in a row', () => {
  let parts: Polymath;
  let user: Respondent;

  before(async () => {
    parts = await polymath();
    user = new Respondent(parts);
  });

  const wizard = async (ask: Ask): Promise<string> => {
    const fruit = await ask.pick({
      placeholder: 'Fruit',
      lines: [
        { label: 'Apple', value: 'apple' },
        { label: 'Pear', value: 'pear' },
      ],
    });
    const count = await ask.number({ prompt: 'How many?', value: 6, least: 1, most: 20_000 });
    return `${count} ${fruit}`;
  };

  it('lead back with the answers that were given', async () => {
    const answer = parts.dialogs.run('Shopping', 2, wizard);
    await user.choose('Pear');
    const second = await user.question();
    assert.deepEqual([second.title, second.step, second.totalSteps, second.value], ['Shopping', 2, 2, '6']);
    await user.back();
    const first = await user.list();
    assert.equal(first.step, 1);
    assert.deepEqual(
      first.activeItems.map(({ label }) => label),
      ['Pear'],
    );
    await user.choose('Pear');
    await user.write('12,000');
    assert.equal(await answer, '12000 pear');
  });

  it('take no answer that cannot be meant, and say what can', async () => {
    const answer = parts.dialogs.run('Shopping', 2, wizard);
    await user.choose('Apple');
    const box = await user.question();
    assert.ok(!('items' in box));
    for (const text of ['', 'many', '0', '20,001', '2.5']) {
      box.value = text;
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      await eventually(() => assert.equal(box.validationMessage, 'Write a whole number from 1 to 20,000.'));
      box.validationMessage = undefined;
    }
    await user.write('7');
    assert.equal(await answer, '7 apple');
  });

  it('are given up with Escape, and nothing is said', async () => {
    const answer = parts.dialogs.run('Shopping', 2, wizard);
    await user.cancel();
    await assert.rejects(answer, { name: 'Canceled' });
    assert.equal(parts.dialogs.boxes.current, undefined);
  });
});
