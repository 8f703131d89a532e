import type { ProcedureData } from '../../procedure';

export const routeData = {
  name: 'route',
  label: 'route',
  detail: 'the expert to whom the prompt is most probable answers alone',
  calls: (n) => ({ written: 1, judged: n }),
  choosing: (n) => 2 * n,
  withoutChats: 'a route goes to an expert, for nobody knows how probable a chat model finds a prompt',
} as const satisfies ProcedureData;
