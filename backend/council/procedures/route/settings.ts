import type { ProcedureData } from '../../procedure';

export const routeData: ProcedureData = {
  name: 'route',
  label: 'route',
  detail: 'the member to whom the prompt is most probable answers alone',
  calls: (n) => ({ written: 1, judged: n }),
  choosing: (n) => 2 * n,
};
