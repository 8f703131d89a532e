import * as vscode from 'vscode';
import { chord, onlyWhen, onRow } from '../contributions/contribution';
import { formatTime } from '../format';
import { newDocument } from '../inline/answer';
import type { Asked } from '../inline/history';
import { answererTitle } from '../inline/models';
import type { Polymath } from '../polymath';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const askCommands: CommandTable = {
  'polymath.ask': {
    title: 'Ask the Mixture',
    icon: 'sparkle',
    needs: 'backend',
    menus: [
      { menu: 'editor/context', when: 'workspaceFolderCount != 0 && isWorkspaceTrusted', groups: ['1_polymath@1'] },
    ],
    keys: [onlyWhen(chord('a'), 'editorTextFocus')],
    run: async ({ answers, mixture }) => answers.ask(await mixture.name()),
  },
  'polymath.askWith': {
    title: 'Ask with…',
    icon: 'comment-discussion',
    needs: 'backend',
    menus: [
      { menu: 'editor/context', when: 'workspaceFolderCount != 0 && isWorkspaceTrusted', groups: ['1_polymath@2'] },
    ],
    keys: [onlyWhen(chord('w'), 'editorTextFocus')],
    run: askWith,
  },
  'polymath.experts.ask': {
    title: 'Ask…',
    icon: 'comment-discussion',
    needs: 'backend',
    palette: false,
    menus: [onRow('experts', /^(experts|base|expert|mixer|council)$/, 'inline@1', '1_ask@1')],
    run: ({ pages }, ...given) => pages.open('tokens', given),
  },
  'polymath.ask.accept': {
    title: 'Accept Answer',
    icon: 'check',
    palette: 'polymath.answered || polymath.asking',
    needs: 'nothing',
    run: ({ answers }, uri) => answers.accept(answers.current(uri)),
  },
  'polymath.ask.reject': {
    title: 'Reject Answer',
    icon: 'discard',
    palette: 'polymath.answered || polymath.asking',
    needs: 'nothing',
    run: ({ answers }, uri) => answers.reject(answers.current(uri)),
  },
  'polymath.ask.retry': {
    title: 'Retry Answer',
    icon: 'refresh',
    palette: 'polymath.answered',
    needs: 'backend',
    run: ({ answers }, uri) => answers.retry(answers.current(uri)),
  },
  'polymath.ask.stop': {
    title: 'Stop Answer',
    icon: 'debug-stop',
    palette: 'polymath.asking',
    needs: 'nothing',
    keys: [
      {
        key: 'escape',
        when: 'editorTextFocus && polymath.asking && !suggestWidgetVisible && !findWidgetVisible && !inlineSuggestionVisible',
      },
    ],
    run: ({ answers }, uri) => answers.current(uri).stop(),
  },
  'polymath.completions.trigger': {
    title: 'Complete at the Cursor',
    icon: 'lightbulb',
    needs: 'backend',
    run: ({ completions }) => completions.trigger(),
  },
  'polymath.ask.history': {
    title: 'Show Questions Asked',
    icon: 'history',
    needs: 'nothing',
    run: showHistory,
  },
};

/** The model that is named, or one of all; the one that was chosen last comes first to hand. */
async function askWith({ client, answers, history, dialogs }: Polymath, given: unknown): Promise<void> {
  const choose = (ask: Ask): Promise<string> =>
    ask.pick(async () => {
      const models = await client.call('models/list', {});
      return {
        placeholder: 'Choose who answers',
        lines: models.map(({ id, description }) => ({ label: id, description, value: id })),
        active: history.model,
      };
    });
  const model = typeof given === 'string' ? given : await dialogs.run('Ask with', 1, choose);
  if (typeof given !== 'string') await history.choose(model);
  await answers.ask(model);
}

type Wish = 'again' | 'open' | 'clear';

async function showHistory({ answers, history, dialogs }: Polymath): Promise<void> {
  const { entries } = history;
  if (entries.length === 0) {
    void vscode.window.showInformationMessage('Nothing was asked in this workspace yet.');
    return;
  }
  const [asked, wish] = await dialogs.run('Questions Asked', 2, (ask) => chooseEntry(ask, entries));
  if (wish === 'clear') return history.clear();
  if (asked === undefined) return;
  const language = { document: { languageId: 'plaintext' } };
  if (wish === 'open') await newDocument({ prompt: `${asked.prompt}\n${asked.answer}` }, language);
  else await answers.askAgain(asked.model, asked.prompt, () => newDocument(asked, language));
}

async function chooseEntry(ask: Ask, entries: readonly Asked[]): Promise<readonly [Asked | undefined, Wish]> {
  const asked = await ask.pick<Asked | undefined>({
    placeholder: 'Choose a question of this workspace',
    lines: [
      ...entries.map((value) => ({
        label: oneLine(value.prompt.slice(-80)),
        description: `${answererTitle(value.model)}, ${formatTime(value.time)}`,
        detail: oneLine(value.answer.slice(0, 120)),
        value,
      })),
      { label: '$(trash) Clear History', value: undefined },
    ],
  });
  if (asked === undefined) return [undefined, 'clear'];
  const wish = await ask.pick<Wish>({
    placeholder: oneLine(asked.prompt.slice(-80)),
    lines: [
      { label: '$(go-to-file) Open as Document', value: 'open' },
      { label: '$(refresh) Ask Again', description: `with ${answererTitle(asked.model)}`, value: 'again' },
    ],
  });
  return [asked, wish];
}

const oneLine = (text: string): string => text.trim().replaceAll(/\s+/g, ' ');
