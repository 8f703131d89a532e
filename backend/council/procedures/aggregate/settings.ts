import type { ProcedureData } from '../../procedure';

export const aggregateData: ProcedureData = {
  name: 'aggregate',
  label: 'aggregate',
  detail: 'every member drafts; the expert to whom the prompt is most probable makes one answer of all drafts',
  calls: (n) => ({ written: n + 1, judged: n }),
  asOne: true,
};
