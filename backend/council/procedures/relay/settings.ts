import type { ProcedureData } from '../../procedure';

export const relayData: ProcedureData = {
  name: 'relay',
  label: 'relay',
  detail: 'one after the other writes an answer, having read those before; the last one counts',
  calls: (n) => ({ written: n, judged: 0 }),
  asOne: true,
};
