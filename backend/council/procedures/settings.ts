/** Every procedure of councils, as it speaks of itself. What each does is in `procedures.ts` above. */

/** What a procedure takes for one prompt: texts that members write, and texts that members judge by their likelihood. */
export interface Calls {
  readonly written: number;
  readonly judged: number;
}

export interface ProcedureData {
  readonly name: string;
  readonly label: string;
  /** One line. */
  readonly detail: string;
  readonly calls: (members: number) => Calls;
}

/** How often members of a debate revise what they wrote. */
export const debateRounds = 2;

/** In the order in which people are offered them; the first is that of councils that name none. */
export const procedureData: readonly ProcedureData[] = [
  {
    name: 'vote',
    label: 'vote',
    detail: 'every member drafts; the draft that all find most probable on average is the answer',
    calls: (n) => ({ written: n, judged: n * n }),
  },
  {
    name: 'weighted-vote',
    label: 'weighted vote',
    detail: 'a vote in which a member counts as much as it is the one to whom the prompt is most probable',
    calls: (n) => ({ written: n, judged: n + n * n }),
  },
  {
    name: 'route',
    label: 'route',
    detail: 'the member to whom the prompt is most probable answers alone',
    calls: (n) => ({ written: 1, judged: n }),
  },
  {
    name: 'relay',
    label: 'relay',
    detail: 'one after the other writes an answer, having read those before; the last one counts',
    calls: (n) => ({ written: n, judged: 0 }),
  },
  {
    name: 'debate',
    label: 'debate',
    detail: `every member drafts, reads all drafts and revises its own ${debateRounds} times; then all vote`,
    calls: (n) => ({ written: n * (1 + debateRounds), judged: n * n }),
  },
  {
    name: 'aggregate',
    label: 'aggregate',
    detail: 'every member drafts; the one to whom the prompt is most probable makes one answer of all drafts',
    calls: (n) => ({ written: n + 1, judged: n }),
  },
  {
    name: 'lego',
    label: 'roles with feedback',
    detail: 'the members in turn: knowledge, an explanation, its critique, and its revision by the one who explained',
    calls: () => ({ written: 4, judged: 0 }),
  },
];

/** What people call a council's procedure, by its name in the record; the name itself where none has it. */
export function procedureLabel(name = procedureData[0].name): string {
  return procedureData.find((one) => one.name === name)?.label ?? name;
}

/** In words, what a procedure takes for one prompt. */
export function callsText({ calls }: ProcedureData, members: number): string {
  const { written, judged } = calls(members);
  const texts = `${written} ${written === 1 ? 'text' : 'texts'} written`;
  return judged === 0 ? texts : `${texts}, ${judged} judged`;
}
