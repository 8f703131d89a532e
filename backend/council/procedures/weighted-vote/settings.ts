import type { ProcedureData } from '../../procedure';

export const weightedVoteData: ProcedureData = {
  name: 'weighted-vote',
  label: 'weighted vote',
  detail: 'a vote in which a member counts as much as it is the one to whom the prompt is most probable',
  calls: (n) => ({ written: n, judged: n + n * n }),
  choosing: (n) => 2 * n,
};
