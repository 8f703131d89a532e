/** How likelihoods of choices are made comparable. */
export const choiceScales = {
  length: 'per token',
  sum: 'of the whole choice',
  calibrated: 'of the whole choice, less what it is worth after an empty question',
} as const;
export type ChoiceScale = keyof typeof choiceScales;
