/** What a council is told, put together from a file, a draft, roles of other tools and flags; what flags say goes before the rest. */
import { basename } from 'node:path';
import { UserError } from '../base/errors';
import { formatCount, formatNumber } from '../base/format';
import { readWritten } from '../base/yaml-text';
import { chatNameForms, readChatName } from '../protocol/chat-name';
import type { CouncilContent, CouncilRecord, UnnamedCouncil } from '../protocol/councils';
import { isSame, memberLabel } from '../protocol/members';
import type { Backend } from '../protocol/messages';
import type { CommandContext } from './context';
import { newestExperts } from './newest';
import { type Prompt, readPrompts } from './prompt-files';

export interface CouncilOptions {
  readonly add?: string;
  readonly draft?: string;
  readonly file?: string;
  readonly edit?: string;
  readonly role: string[];
  readonly chat: string[];
  readonly roles?: string;
  readonly instruction?: string;
  readonly procedure?: string;
  readonly experts?: string;
  readonly guide?: string;
  readonly byExpert?: boolean;
}

type Members = CouncilContent['members'];

/** What is to be told; `before` is the council that a new version is made of. */
export async function contentOf(
  options: CouncilOptions,
  backend: Backend,
  context: CommandContext,
  before?: CouncilRecord,
): Promise<CouncilContent> {
  const start = await startOf(options, backend, context, before);
  const name = options.add ?? options.draft ?? start.name;
  if (name === undefined) {
    throw new UserError(`${options.file} gives the council no name.`, 'Write name: into it, or add --add NAME.');
  }
  const { instruction, procedure } = options;
  let members = start.members;
  if (options.roles !== undefined) {
    const { prompts, notes } = await readPrompts(options.roles);
    for (const note of notes) context.progress.print(note);
    members = withPrompts(members, prompts, (text) => context.progress.print(text));
  }
  return {
    ...start,
    name,
    members: membersOf(members, options),
    // Words that nobody signs are a person's, and those that stay keep their writer.
    ...(instruction !== undefined && { instruction, instructionBy: undefined }),
    ...(procedure !== undefined && { procedure }),
  };
}

/** Roles and instruction; tells which roles a guide or an expert was to write and did not. */
async function draftedFor(
  experts: string,
  { guide, byExpert }: CouncilOptions,
  backend: Backend,
  { progress, signal }: CommandContext,
): Promise<Omit<UnnamedCouncil, 'experts'>> {
  if (guide !== undefined && byExpert === true) {
    throw new UserError('--guide and --by-expert both say who writes the roles.', 'Give one of them.');
  }
  const writer = guide === undefined ? (byExpert === true ? 'expert' : 'draft') : { guide };
  const { failed, ...told } = await backend.call('councils/draft', { experts, writer }, { signal });
  for (const { letter, why } of failed)
    progress.print(`The role of ${letter} stays as it was drafted: ${why.replace(/\.$/, '')}.`);
  if (failed.length > 0) {
    const all = formatNumber(told.members.length, 'role');
    progress.print(`${formatCount(failed.length)} of ${all} could not be written by ${guide ?? 'the experts'}.`);
  }
  return told;
}

async function startOf(
  options: CouncilOptions,
  backend: Backend,
  context: CommandContext,
  before?: CouncilRecord,
): Promise<UnnamedCouncil> {
  if (options.file !== undefined) {
    const read = await readCouncilFile(options.file, options.experts, backend);
    return { ...(before && { name: before.name }), ...read };
  }
  if (before !== undefined) {
    const { id: _, created: __, version: ___, ...content } = before;
    return options.experts === undefined ? content : { ...content, experts: options.experts };
  }
  const { id: experts, experts: all } = await newestExperts(backend, options.experts);
  if (options.draft !== undefined) return { experts, ...(await draftedFor(experts, options, backend, context)) };
  // Those that have roles alone are members.
  const chats = withChats([], options.chat);
  const named = options.role.some((given) => 'letter' in parseRole(given, chats));
  const members = named ? [] : all.map(({ letter }) => ({ letter, role: '' }));
  return { experts, instruction: '', members };
}

/** The council of a file; of its own experts, or of these. */
export async function readCouncilFile(
  path: string,
  experts: string | undefined,
  backend: Backend,
): Promise<UnnamedCouncil> {
  const text = await readWritten(path, 'the file of a council');
  return backend.call('councils/read', { text, called: basename(path), ...(experts !== undefined && { experts }) });
}

/** Experts first, chat models behind them: both may be new. */
function membersOf(members: Members, { role, chat }: CouncilOptions): Members {
  const known = withChats(members, chat);
  const given = role.map((one) => parseRole(one, known));
  const experts = given.filter((one) => 'letter' in one);
  const chats = given.filter((one) => 'chat' in one);
  return withRoles(withChats(withRoles(members, experts), chat), chats);
}

/** Chat models that are not there yet are further members. Throws UserError where a name is none of a chat model. */
function withChats(members: Members, names: readonly string[]): Members {
  const wrong = names.find((name) => readChatName(name) === undefined);
  if (wrong !== undefined) throw new UserError(`There is no chat model ${wrong}.`, `Name ${chatNameForms}`);
  const chats = names.map((chat) => ({ chat, role: '' }));
  return [...members, ...chats.filter((chat) => !members.some((member) => isSame(member, chat)))];
}

/** Given roles stand in the place of the others; who is none of them is another member. */
function withRoles(members: Members, given: Members): Members {
  const strangers = given.filter((one) => !members.some((member) => isSame(member, one)));
  return [...members.map((member) => given.findLast((one) => isSame(one, member)) ?? member), ...strangers];
}

/** Prompts stand in the place of the members' roles, one after the other; `tell` hears which went where. */
function withPrompts(members: Members, prompts: readonly Prompt[], tell: (text: string) => void): Members {
  for (const [i, { from }] of prompts.slice(0, members.length).entries()) {
    const member = members[i];
    tell(`The role of ${'letter' in member ? 'expert ' : ''}${memberLabel(member)} is ${from}.`);
  }
  const more = prompts.length - members.length;
  if (more > 0) {
    tell(
      `${formatNumber(more, 'prompt is', 'prompts are')} left out: the council has ${formatNumber(members.length, 'member')}.`,
    );
  }
  return members.map(({ by, ...member }, i) =>
    i < prompts.length ? { ...member, role: prompts[i].text } : { ...member, ...(by && { by }) },
  );
}

/** A role of a chat model among these members, by what people call it, or of an expert. */
function parseRole(given: string, members: Members): Members[number] {
  const chat = members.find((member) => 'chat' in member && given.startsWith(`${memberLabel(member)}=`));
  if (chat !== undefined && 'chat' in chat) {
    return { chat: chat.chat, role: given.slice(memberLabel(chat).length + 1) };
  }
  const [, letter, role] = /^([A-Za-z]+)=(.*)$/s.exec(given) ?? [];
  if (letter === undefined) {
    const next = 'Write --role "A=You are a physician.", or the name of a chat model of the council in the place of A.';
    throw new UserError(`"${given}" names no member.`, next);
  }
  return { letter: letter.toUpperCase(), role };
}
