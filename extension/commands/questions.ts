/** Question sets that are made of others. */
import * as vscode from 'vscode';
import { having, onRow } from '../contributions/contribution';
import { formatCount, formatNumber } from '../format';
import type { Polymath } from '../polymath';
import { pickQuestions } from '../wizard/pick';
import type { CommandTable } from './command';

export const questionCommands: CommandTable = {
  'polymath.questions.compose': {
    title: 'Compose Questions…',
    icon: 'combine',
    palette: having('questions'),
    needs: 'backend',
    menus: [onRow('datasets', 'questions', '2_work@1')],
    run: compose,
  },
};

/** Joins questions of different domains by twos. */
async function compose(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const wanted = await polymath.dialogs.run('Compose Questions', 2, async (ask) => {
    const { id: set } = await pickQuestions(ask, polymath, given);
    const count = await ask.text({
      prompt:
        'How many, each of two questions of different domains? Leave it empty for as many as use no question twice.',
      value: '',
      check: (text) =>
        /^([1-9]\d{0,3}|10000)?$/.test(text) ? undefined : 'Write a number from 1 to 10,000, or nothing.',
    });
    return { set, ...(count !== '' && { count: Number(count) }) };
  });
  const { name, questions } = await polymath.client.call('questions/compose', wanted);
  await vscode.commands.executeCommand('polymath.datasets.focus');
  const size = formatNumber(questions.total, 'question');
  void vscode.window.showInformationMessage(
    `“${name}” has ${size}, ${formatCount(questions.test)} of them kept for the test.`,
  );
}
