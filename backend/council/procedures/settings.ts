/** Every procedure of councils, as it speaks of itself. What each does is in `procedures.ts` above. */
import { UserError } from '../../base/errors';
import type { ProcedureData } from '../procedure';
import { aggregateData } from './aggregate/settings';
import { debateData } from './debate/settings';
import { legoData } from './lego/settings';
import { mixtureData } from './mixture/settings';
import { relayData } from './relay/settings';
import { routeData } from './route/settings';
import { voteData } from './vote/settings';
import { weightedVoteData } from './weighted-vote/settings';

/** In the order in which people are offered them. */
export const procedureData: readonly ProcedureData[] = [
  voteData,
  weightedVoteData,
  routeData,
  relayData,
  debateData,
  aggregateData,
  legoData,
  mixtureData,
];

/** That of councils that name none. */
export const usualProcedure = voteData.name;

/** What people call a council's procedure, by its name in the record; the name itself where none has it. */
export function procedureLabel(name = usualProcedure): string {
  return procedureData.find((one) => one.name === name)?.label ?? name;
}

/** Throws UserError where no procedure has this name. */
export function requireProcedure(name = usualProcedure): void {
  if (procedureData.some((one) => one.name === name)) return;
  const known = procedureData.map((one) => one.name).join(', ');
  throw new UserError(`No procedure of councils is called ${name}.`, `The procedures are ${known}.`);
}

/** In words, what a procedure takes for one prompt. */
export function callsText({ calls }: ProcedureData, members: number): string {
  const { written, judged } = calls(members);
  const texts = `${written} ${written === 1 ? 'text' : 'texts'} written`;
  return judged === 0 ? texts : `${texts}, ${judged} judged`;
}
