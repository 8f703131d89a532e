import type { ProcedureData } from '../../procedure';

export const legoData: ProcedureData = {
  name: 'lego',
  label: 'roles with feedback',
  detail: 'the members in turn: knowledge, an explanation, its critique, and its revision by the one who explained',
  calls: () => ({ written: 4, judged: 0 }),
  asOne: true,
};
