/** By which procedures an exam asks, and what it will ask chat models, before it does. */
import { procedureData, usualProcedure } from '../../council/procedures/settings';
import type { CouncilRecord } from '../../protocol/councils';
import { chatsAmong } from '../../protocol/members';
import type { ExamSpec } from './spec';

type ProcedureData = (typeof procedureData)[number];
type Asked = Pick<ExamSpec, 'procedures' | 'bare' | 'reword' | 'answers'>;

/** The procedures of a council's rows: those that are named, else its own. */
export function proceduresOf(
  { procedures }: Pick<ExamSpec, 'procedures'>,
  council: CouncilRecord | undefined,
): ProcedureData[] {
  const names = procedures ?? [council?.procedure ?? usualProcedure];
  return names.flatMap((name) => procedureData.filter((one) => one.name === name));
}

/** About how many questions all chat models of these councils are asked for each question of a set; the first is the one that has controls. */
export function chatCallsPerQuestion(spec: Asked, councils: readonly (CouncilRecord | undefined)[]): number {
  let calls = 0;
  for (const [i, council] of councils.entries()) {
    const chats = chatsAmong(council?.members ?? []);
    for (const data of proceduresOf(spec, council)) {
      calls += chats.length * callsOfOne(spec, data, council?.members.length ?? 1);
    }
    // Empty roles, roles of others, any member right, and each alone; empty roles are asked once for both.
    if (i === 0 && spec.bare !== true) calls += 2 * chats.length + new Set(chats).size;
  }
  return spec.reword === true ? 2 * calls : calls;
}

/** What one of so many members is asked by a procedure. */
function callsOfOne({ answers }: Asked, { withoutChats, choosing, calls }: ProcedureData, members: number): number {
  if (withoutChats !== undefined) return 0;
  return choosing === undefined || answers === 'free' ? Math.ceil(calls(members).written / members) + 1 : 1;
}
