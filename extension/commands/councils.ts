/** Councils: experts that answer together by prompt. */
import * as vscode from 'vscode';
import { callsText, procedureData } from '../../backend/council/procedures/settings';
import type { Params } from '../../backend/protocol/messages';
import { onRow } from '../contributions/contribution';
import type { Polymath } from '../polymath';
import { pickExperts } from '../wizard/pick';
import { review, type Row } from '../wizard/review';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const councilCommands: CommandTable = {
  'polymath.councils.draft': {
    title: 'Draft Roles…',
    icon: 'comment-discussion',
    needs: 'backend',
    menus: [onRow('experts', 'experts', '2_work@5')],
    run: draftRoles,
  },
};

type Council = Params<'councils/add'>;

/** Makes a council of experts whose roles are drafted from their piles, once they are as they should be. */
async function draftRoles(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const council = await polymath.dialogs.run('Draft Roles', 4, (ask) => askCouncil(ask, polymath, given));
  await polymath.client.call('councils/add', council);
  await vscode.commands.executeCommand('polymath.experts.focus');
}

async function askCouncil(ask: Ask, polymath: Polymath, given: readonly unknown[]): Promise<Council> {
  const { client } = polymath;
  const { id: experts } = await pickExperts(ask, polymath, given);
  const drafted = await client.call('councils/draft', { experts });
  const calls = (data: (typeof procedureData)[number]): string =>
    `${callsText(data, drafted.members.length)} per prompt`;
  const procedure = await ask.pick({
    placeholder: 'How do the members come to one answer?',
    lines: procedureData.map((data) => ({
      ...{ label: data.label, description: calls(data), detail: data.detail },
      value: data,
    })),
  });
  const taken = (await client.call('councils/list', { limit: 1000 })).items.map(({ name }) => name);
  const name = await ask.text({
    prompt: 'Name of the council',
    value: 'team',
    check: (text) => wrongName(text, taken),
  });
  return review(ask, {
    settings: { name, experts, ...drafted, procedure: procedure.name },
    rows: [instructionRow, ...drafted.members.map(({ letter }) => roleRow(letter))],
    start: 'Make Council',
    outlook: () => Promise.resolve(`${procedure.label}, ${calls(procedure)}`),
  });
}

function wrongName(text: string, taken: readonly string[]): string | undefined {
  if (taken.includes(text)) return 'There is a council of this name already.';
  return /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u.test(text)
    ? undefined
    : 'Write letters, digits, spaces, dots, hyphens and underscores, at most 64.';
}

const instructionRow: Row<Council> = {
  label: 'Instruction',
  show: ({ instruction }) => instruction,
  change: async (ask, council) => ({
    ...council,
    instruction: await askWords(ask, 'What all members are told', council.instruction),
  }),
};

function roleRow(letter: string): Row<Council> {
  const roleIn = ({ members }: Council): string => members.find((member) => member.letter === letter)?.role ?? '';
  return {
    label: `Role of ${letter}`,
    show: roleIn,
    change: async (ask, council) => {
      const role = await askWords(ask, `What expert ${letter} alone is told`, roleIn(council));
      const members = council.members.map((member) => (member.letter === letter ? { letter, role } : member));
      return { ...council, members };
    },
  };
}

const askWords = (ask: Ask, prompt: string, value: string): Promise<string> =>
  ask.text({
    ...{ prompt, value },
    check: (text) => (text.length > 20_000 ? 'Write at most 20,000 characters.' : undefined),
  });
