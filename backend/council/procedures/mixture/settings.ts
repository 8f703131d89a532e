import type { ProcedureData } from '../../procedure';

export const mixtureData = {
  name: 'mixture',
  label: 'mixture with roles',
  detail: 'all members write each token together, each under its role; who predicts the text best counts most',
  calls: (n) => ({ written: n, judged: 0 }),
  choosing: (n) => n,
  asOne: true,
  withoutChats: 'a mixture is made of distributions over tokens, and a chat model tells none',
} as const satisfies ProcedureData;
