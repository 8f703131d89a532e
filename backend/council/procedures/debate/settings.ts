import type { ProcedureData } from '../../procedure';

/** How often members revise what they wrote. */
export const debateRounds = 2;

export const debateData: ProcedureData = {
  name: 'debate',
  label: 'debate',
  detail: `every member drafts, reads all drafts and revises its own ${debateRounds} times; then all vote`,
  calls: (n) => ({ written: n * (1 + debateRounds), judged: n * n }),
  asOne: true,
};
