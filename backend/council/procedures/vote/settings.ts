import type { ProcedureData } from '../../procedure';

export const voteData: ProcedureData = {
  name: 'vote',
  label: 'vote',
  detail: 'every member drafts; the draft that all find most probable on average is the answer',
  calls: (n) => ({ written: n, judged: n * n }),
  choosing: (n) => n,
};
