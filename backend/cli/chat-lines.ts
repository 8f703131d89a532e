/** What is said of the chat models of councils: where what they are asked goes, where they have no part, and what became of it. */
import { formatNumber } from '../base/format';
import { printable } from '../base/printable';
import { procedureData, usualProcedure } from '../council/procedures/settings';
import { asksElsewhere, chatLabel } from '../protocol/chat-name';
import type { UnnamedCouncil } from '../protocol/councils';
import { chatsAmong } from '../protocol/members';
import type { Result } from '../protocol/messages';

type Members = UnnamedCouncil['members'];

const different = (members: Members): string[] => [...new Set(chatsAmong(members))];

/** A line for each whose questions leave this machine. */
export const elsewhereLines = (members: Members): string[] =>
  different(members).flatMap((chat) => {
    const place = asksElsewhere(chat);
    return place === undefined ? [] : [`What ${printable(chatLabel(chat))} is asked goes to ${printable(place)}.`];
  });

/** A line for each that has no part in a procedure. */
export function leftOutLines(members: Members, procedure = usualProcedure): string[] {
  const why = procedureData.find(({ name }) => name === procedure)?.withoutChats;
  if (why === undefined) return [];
  return different(members).map((chat) => `By ${procedure}, ${printable(chatLabel(chat))} has no part: ${why}.`);
}

/** Where one abstained, and what each took. */
export function askedLines(council: Result<'ask'>['council']): string[] {
  const { abstained = [], chats = [] } = council ?? {};
  return [
    ...abstained.map(({ expert, step, why }) => `${printable(expert)} had no part in the ${step}: ${printable(why)}.`),
    ...chats.map(
      ({ expert, calls, tokens }) =>
        `${printable(expert)}: ${formatNumber(calls, 'call')}, ${formatNumber(tokens, 'token')}.`,
    ),
  ];
}
