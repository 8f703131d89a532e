/** Members of councils: experts by their letters, chat models by their names. Free of schemas, because the editor loads it when it starts. */
import { chatLabel } from './chat-name';
import type { CouncilContent } from './councils';

type Member = { readonly letter: string } | { readonly chat: string };

/** What people call a member: an expert's letter, a chat model's own name. */
export const memberLabel = (member: Member): string => ('letter' in member ? member.letter : chatLabel(member.chat));

/** Whether two of them are the same expert or chat model, whatever they are told. */
export const isSame = (one: Member, other: Member): boolean =>
  'letter' in one ? 'letter' in other && one.letter === other.letter : 'chat' in other && one.chat === other.chat;

/** The names of the chat models among members. */
export const chatsAmong = (members: readonly ({ readonly chat: string } | object)[]): string[] =>
  members.flatMap((member) => ('chat' in member ? [member.chat] : []));

/** Stands in the place of a letter where a chat model speaks. */
export const chatLetter = 'Chat';

/** Who speaks where a member does: the expert of its letter, or a chat model. */
export function voiceOf<V extends { readonly letter: string }>(
  member: Member,
  experts: readonly V[],
): (V | { readonly letter: string; readonly name: string })[] {
  if ('chat' in member) return [{ letter: chatLetter, name: chatLabel(member.chat) }];
  return experts.filter(({ letter }) => letter === member.letter);
}

/** What a council is told with evolved texts: `components` are the roles in the order of its members, then the instruction. */
export function evolved(
  { members, instruction, instructionBy }: Pick<CouncilContent, 'members' | 'instruction' | 'instructionBy'>,
  components: readonly string[],
): Pick<CouncilContent, 'members' | 'instruction' | 'instructionBy'> {
  const told = components[members.length];
  const writer = told === instruction ? instructionBy : ('evolved' as const);
  return {
    instruction: told,
    ...(writer && { instructionBy: writer }),
    members: members.map((member, i) =>
      components[i] === member.role ? member : { ...member, role: components[i], by: 'evolved' },
    ),
  };
}
