/** Councils: experts that answer together by prompt. */
import * as vscode from 'vscode';
import { callsText, procedureData } from '../../backend/council/procedures/settings';
import { evolveKind } from '../../backend/kinds/evolve/spec';
import { examKind } from '../../backend/kinds/exam/spec';
import { chatLabel } from '../../backend/protocol/chat-name';
import { chatsAmong } from '../../backend/protocol/members';
import type { Params, Result } from '../../backend/protocol/messages';
import { having, onRow } from '../contributions/contribution';
import { councilUri } from '../documents/councils';
import { formatNumber } from '../format';
import { askGuide, baseByAnswers, type GuideQuestion } from '../guide/choose';
import { prepareGuide } from '../guide/prepare';
import type { Polymath } from '../polymath';
import { begin } from '../wizard/begin';
import { pickCouncil, pickExperts, pickQuestions } from '../wizard/pick';
import { review, type Row } from '../wizard/review';
import { askRun } from '../wizard/run-wizard';
import type { Ask } from '../wizard/steps';
import type { CommandTable } from './command';

export const councilCommands: CommandTable = {
  'polymath.councils.draft': {
    title: 'Draft Roles…',
    icon: 'comment-discussion',
    palette: having('experts'),
    needs: 'backend',
    menus: [onRow('experts', 'experts', '2_work@5')],
    run: draftRoles,
  },
  'polymath.councils.edit': {
    title: 'Edit Council…',
    icon: 'edit',
    palette: having('councils'),
    needs: 'backend',
    menus: [onRow('experts', 'council', 'inline', '2_work@1')],
    run: editCouncil,
  },
  'polymath.councils.evolve': {
    title: 'Evolve Roles…',
    icon: 'sparkle',
    palette: having('councils'),
    needs: 'backend',
    menus: [onRow('experts', 'council', '2_work@2')],
    run: evolveRoles,
  },
  'polymath.councils.exam': {
    title: 'Examine on Questions…',
    icon: 'checklist',
    palette: having('questions'),
    needs: 'backend',
    menus: [onRow('experts', 'council', '2_work@3')],
    run: examine,
  },
};

/** Evolves the texts of a council on the held-out half of a question set. */
async function evolveRoles(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Evolve Roles', 3, async (ask) => {
    const { id: council, experts, members } = await pickCouncil(ask, polymath, given);
    for (const chat of chatsAmong(members)) await prepareGuide(polymath, chat);
    const { id: questions } = await pickQuestions(ask, polymath);
    return askRun(ask, polymath, {
      kind: evolveKind,
      subjects: { experts, council, questions },
      start: 'Start Evolution',
    });
  });
  await begin(polymath, spec);
}

/** Asks a council, and controls beside it, the questions of a set. */
async function examine(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const spec = await polymath.dialogs.run('Examine on Questions', 3, async (ask) => {
    const { id: council, experts, members } = await pickCouncil(ask, polymath, given);
    for (const chat of chatsAmong(members)) await prepareGuide(polymath, chat);
    const { id: questions } = await pickQuestions(ask, polymath);
    return askRun(ask, polymath, {
      kind: examKind,
      subjects: { experts, council, questions },
      start: 'Start Exam',
    });
  });
  await begin(polymath, spec);
}

/** Opens the file that describes a council: saving it makes the new version. */
async function editCouncil(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const council = await polymath.dialogs.run('Edit Council', 1, (ask) => pickCouncil(ask, polymath, given));
  await vscode.window.showTextDocument(councilUri(council), { preview: false });
}

type Council = Params<'councils/add'>;

/** Makes a council of experts whose roles are drafted from their piles, once they are as they should be. */
async function draftRoles(polymath: Polymath, ...given: unknown[]): Promise<void> {
  const council = await polymath.dialogs.run('Draft Roles', 5, (ask) => askCouncil(ask, polymath, given));
  await polymath.client.call('councils/add', council);
  await vscode.commands.executeCommand('polymath.experts.focus');
}

async function askCouncil(ask: Ask, polymath: Polymath, given: readonly unknown[]): Promise<Council> {
  const { client } = polymath;
  const { id: experts } = await pickExperts(ask, polymath, given);
  const writer = await askGuide(ask, 'draft', rolesQuestion);
  const { procedure, drafted } = await ask.pick(async () => {
    // A guide may take a while.
    const { failed, ...told } = await draftBy(polymath, experts, writer);
    if (failed.length > 0) void vscode.window.showWarningMessage(failedText(failed));
    return {
      placeholder: 'How do the members come to one answer?',
      lines: procedureData.map((data) => ({
        ...{ label: data.label, description: callsOf(data, told.members), detail: data.detail },
        value: { procedure: data, drafted: told },
      })),
    };
  });
  const taken = (await client.call('councils/list', { limit: 1000 })).items.map(({ name }) => name);
  const name = await ask.text({
    prompt: 'Name of the council',
    value: 'team',
    check: (text) => wrongName(text, taken),
  });
  return review(ask, {
    settings: { name, experts, ...drafted, procedure: procedure.name },
    rows: [instructionRow, ...drafted.members.map(({ letter }) => roleRow(letter)), chatRow(polymath), chatRoleRow],
    start: 'Make Council',
    outlook: ({ members }) => Promise.resolve(outlookOf(procedure, members)),
  });
}

function outlookOf(procedure: (typeof procedureData)[number], members: Council['members']): string {
  const told = `${procedure.label}, ${callsOf(procedure, members)}`;
  const why = chatsAmong(members).length === 0 ? undefined : procedure.withoutChats;
  return why === undefined ? told : `${told}; the chat model has no part: ${why}`;
}

type Drafted = Result<'councils/draft'>;

const callsOf = (data: (typeof procedureData)[number], members: Council['members']): string =>
  `${callsText(data, members.length)} per prompt`;

const rolesQuestion: GuideQuestion = {
  placeholder: 'Who writes the roles?',
  own: [
    {
      label: 'Drafted from the Piles',
      description: 'on this machine, at once',
      detail: 'What marks the documents of each pile, in one frame. No model is asked.',
      value: 'draft',
    },
    {
      label: 'The Experts, in Their Own Words',
      description: 'on this machine',
      detail: 'The same, and each expert goes on with what marks its pile.',
      value: 'expert',
    },
    baseByAnswers,
  ],
};

async function draftBy(polymath: Polymath, experts: string, writer: string): Promise<Drafted> {
  if (writer === 'draft' || writer === 'expert') return polymath.client.call('councils/draft', { experts, writer });
  await prepareGuide(polymath, writer);
  return polymath.client.call('councils/draft', { experts, writer: { guide: writer } });
}

function failedText(failed: Drafted['failed']): string {
  const told = failed.map(({ letter, why }) => `${letter}: ${why.replace(/\.$/, '')}.`).join(' ');
  return `${formatNumber(failed.length, 'role stays', 'roles stay')} as drafted. ${told}`;
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

type Member = Council['members'][number];

const roleRow = (letter: string): Row<Council> =>
  wordsRow(
    `Role of ${letter}`,
    `What expert ${letter} alone is told`,
    (one) => 'letter' in one && one.letter === letter,
  );

/** What a member is told; the row is there where the member is. */
function wordsRow(label: string, prompt: string, isIt: (member: Member) => boolean): Row<Council> {
  const roleIn = ({ members }: Council): string => members.find(isIt)?.role ?? '';
  return {
    label,
    applies: ({ members }) => members.some(isIt),
    show: roleIn,
    change: async (ask, council) => {
      const role = await askWords(ask, prompt, roleIn(council));
      const told = ({ by: _, ...member }: Member): Member => ({ ...member, role });
      return { ...council, members: council.members.map((member) => (isIt(member) ? told(member) : member)) };
    },
  };
}

const chatQuestion: GuideQuestion = {
  placeholder: 'Which chat model is a member beside the experts?',
  own: [{ label: 'None', description: 'the experts alone', detail: '', value: '' }, baseByAnswers],
  keys: 'POLYMATH_CHAT_KEYS (ADDRESS=KEY)',
  sent: 'What the council is asked is sent to its provider.',
};

const chatRoleRow = wordsRow('Role of the Chat Model', 'What the chat model alone is told', (one) => 'chat' in one);

/** A chat model beside the experts; more of them are for the file of the council. */
function chatRow(polymath: Polymath): Row<Council> {
  const chatIn = ({ members }: Council): string => chatsAmong(members).at(0) ?? '';
  return {
    label: 'Chat Model',
    show: (council) => (chatIn(council) === '' ? 'none' : chatLabel(chatIn(council))),
    change: async (ask, council) => {
      const chat = await askGuide(ask, chatIn(council), chatQuestion);
      await prepareGuide(polymath, chat);
      const experts = council.members.filter((member) => 'letter' in member);
      return { ...council, members: chat === '' ? experts : [...experts, { chat, role: '' }] };
    },
  };
}

const askWords = (ask: Ask, prompt: string, value: string): Promise<string> =>
  ask.text({
    ...{ prompt, value },
    check: (text) => (text.length > 20_000 ? 'Write at most 20,000 characters.' : undefined),
  });
