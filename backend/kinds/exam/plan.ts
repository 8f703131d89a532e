/** What an exam will ask chat models, before it does. */
import { procedureData } from '../../council/procedures/settings';
import type { CouncilRecord } from '../../protocol/records';
import { chatsAmong } from '../../protocol/members';
import type { ExamSpec } from './spec';

type Asked = Pick<ExamSpec, 'procedures' | 'bare' | 'reword'>;

/** About how many questions all chat models of these councils are asked for each question of a set; the first is the one that has controls. */
export function chatCallsPerQuestion(
  { procedures, bare, reword }: Asked,
  councils: readonly (CouncilRecord | undefined)[],
): number {
  let calls = 0;
  for (const [i, council] of councils.entries()) {
    const chats = chatsAmong(council?.members ?? []);
    for (const name of procedures ?? [council?.procedure ?? procedureData[0].name]) {
      calls += chats.length * callsOfOne(name, council?.members.length ?? 1);
    }
    // Empty roles, roles of others, any member right, and each alone; empty roles are asked once for both.
    if (i === 0 && bare !== true) calls += 2 * chats.length + new Set(chats).size;
  }
  return reword === true ? 2 * calls : calls;
}

/** What one of so many members is asked by a procedure. */
function callsOfOne(name: string, members: number): number {
  const data = procedureData.find((one) => one.name === name);
  if (data === undefined || data.withoutChats !== undefined) return 0;
  return data.choosing === undefined ? Math.ceil(data.calls(members).written / members) + 1 : 1;
}
