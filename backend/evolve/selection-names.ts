/** Ways to choose parents, in words; what each does is in `selection.ts`. */
export const selectionNames = {
  roulette: 'chance in proportion to fitness',
  tournament: 'the fitter one of two',
  random: 'all alike',
  pareto: 'those who are best at some question',
} as const;
export type SelectionName = keyof typeof selectionNames;
