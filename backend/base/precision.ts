/**
 * In what frozen weights are while a text is written token by token: as the model has them, or rounded to 8 or 4 bits in blocks,
 * which is faster on a processor and costs some accuracy (docs/figures.md).
 */
export const precisions = ['full', 'int8', 'int4'] as const;
export type Precision = (typeof precisions)[number];
