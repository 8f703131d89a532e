/** A council as one file, in YAML and so in JSON: who sits there, what they are told, and how they come to an answer. */
import { stringify } from 'yaml';
import { UserError } from '../base/errors';
import { formatCount } from '../base/format';
import { letterIndex } from '../base/letter';
import { isFields, parseYaml, type YamlText } from '../base/yaml-text';
import { chatNameForms, readChatName } from '../protocol/chat-name';
import { type CouncilContent, councilName } from '../protocol/councils';
import { procedureData } from '../council/procedures/settings';

type Path = readonly (string | number)[];

/** What a file says. Whether there are such experts is for whoever knows the project to say, with `placeOf`. */
export interface CouncilFile extends Pick<YamlText, 'placeOf'> {
  readonly name?: string;
  /** Id or name of a set. */
  readonly experts?: string;
  readonly procedure?: string;
  readonly instruction: string;
  readonly members: readonly MemberLine[];
}

type MemberLine =
  | { readonly letter: string; readonly role: string }
  /** As `protocol/chat-name` reads it. */
  | { readonly chat: string; readonly role: string };

const fields = ['name', 'experts', 'procedure', 'instruction', 'members'];
const memberFields = ['expert', 'chat', 'role'];
const procedures = procedureData.map(({ name }) => name);
const longestText = 20_000;
const mostMembers = 64;
const example =
  'Write an expert a line: "- A", or "- expert: A" with "role: You know medicine." below it; a chat model is "- chat: URL#MODEL".';

/** Throws UserError that names the place and the next step. `called` is what messages call the text. */
export function readCouncilFile(text: string, called: string): CouncilFile {
  const { value, placeOf } = parseYaml(text, called, 'council');
  const refuse: Refuse = (path, what, next) => new UserError(`${placeOf(path)}: ${what}`, next);
  if (!isFields(value)) throw new UserError(`${called} holds no council.`, `Write members: below it. ${example}`);
  refuseStrangers(value, fields, [], refuse);
  const textAt = (key: string): string | undefined => readText(value[key], [key], refuse);
  const [name, experts, procedure] = ['name', 'experts', 'procedure'].map(textAt);
  if (name !== undefined && !councilName.safeParse(name).success) {
    const next = 'Write letters, digits, spaces, dots, hyphens and underscores, at most 64.';
    throw refuse(['name'], 'a council cannot have this name.', next);
  }
  if (procedure !== undefined && !procedures.includes(procedure)) {
    throw refuse(['procedure'], `there is no procedure ${procedure}.`, `The procedures are ${procedures.join(', ')}.`);
  }
  return {
    ...(name !== undefined && { name }),
    ...(experts !== undefined && { experts }),
    ...(procedure !== undefined && { procedure }),
    instruction: textAt('instruction')?.trim() ?? '',
    members: readMembers(value.members, refuse),
    placeOf,
  };
}

type Refuse = (path: Path, what: string, next: string) => UserError;

function readMembers(given: unknown, refuse: Refuse): CouncilFile['members'] {
  if (given === undefined || given === null) throw refuse(['members'], 'the council has no members.', example);
  if (!Array.isArray(given)) throw refuse(['members'], 'members are a list.', example);
  if (given.length === 0) throw refuse(['members'], 'the council has no members.', example);
  if (given.length > mostMembers) {
    throw refuse(['members'], `a council has ${mostMembers} members at most.`, 'Leave some of them out.');
  }
  return given.map((member: unknown, i) => readMember(member, ['members', i], refuse));
}

function readMember(given: unknown, path: Path, refuse: Refuse): MemberLine {
  const member = typeof given === 'string' ? { expert: given } : given;
  if (!isFields(member)) throw refuse(path, 'this is no member.', example);
  refuseStrangers(member, memberFields, path, refuse);
  const role = readText(member.role, [...path, 'role'], refuse)?.trim() ?? '';
  const letter = readText(member.expert, [...path, 'expert'], refuse);
  const chat = readText(member.chat, [...path, 'chat'], refuse)?.trim();
  if (chat !== undefined && letter !== undefined) {
    throw refuse([...path, 'chat'], 'a member is an expert or a chat model.', 'Make two members of it.');
  }
  if (chat !== undefined) {
    if (readChatName(chat) !== undefined) return { chat, role };
    throw refuse([...path, 'chat'], `${chat} is no name of a chat model.`, `Write ${chatNameForms}`);
  }
  if (letter === undefined) throw refuse(path, 'a member names its expert or its chat model.', example);
  if (letterIndex(letter.trim()) === undefined) {
    const next = `Experts are A, B, … A chat model is a member by chat: instead of expert: — ${chatNameForms}`;
    throw refuse([...path, 'expert'], `${letter} is no letter of an expert.`, next);
  }
  return { letter: letter.trim().toUpperCase(), role };
}

function readText(given: unknown, path: Path, refuse: Refuse): string | undefined {
  if (given === undefined || given === null) return undefined;
  const key = String(path.at(-1));
  if (typeof given !== 'string') {
    throw refuse(path, `${key} is no text.`, 'Write it in quotes, or below "|" where it has several lines.');
  }
  if (given.length <= longestText) return given;
  const count = formatCount(given.length);
  throw refuse(path, `${key} has ${count} characters.`, `${formatCount(longestText)} are the most.`);
}

function refuseStrangers(given: object, known: readonly string[], path: Path, refuse: Refuse): void {
  const stranger = Object.keys(given).find((key) => !known.includes(key));
  if (stranger === undefined) return;
  throw refuse([...path, stranger], `there is no ${stranger} here.`, `The keys are ${known.join(', ')}.`);
}

function lineOf(member: CouncilContent['members'][number]): string | object {
  const { role } = member;
  const told = role === '' ? {} : { role };
  if ('chat' in member) return { chat: member.chat, ...told };
  return role === '' ? member.letter : { expert: member.letter, ...told };
}

/** The file of a council. Reading it gives the same again. */
export function councilFileOf({ name, experts, procedure, instruction, members }: CouncilContent): string {
  const written = {
    ...{ name, experts, procedure: procedure ?? procedures[0] },
    ...(instruction !== '' && { instruction }),
    members: members.map(lineOf),
  };
  return `# Procedures: ${procedures.join(', ')}.\n${stringify(written, { lineWidth: 100 })}`;
}
