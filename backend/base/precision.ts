/**
 * In what frozen weights are while a text is written token by token: as the model has them, or rounded to 8 or 4 bits in blocks,
 * which is faster on a processor and costs some accuracy (docs/figures.md).
 */
export const precisions = ['full', 'int8', 'int4'] as const;
export type Precision = (typeof precisions)[number];

/**
 * How frozen weights multiply while many tokens are read at once, in training and scoring: as they are, or rounded to 8-bit integers
 * as what they multiply is (tensor/primitives/int8.ts), on the processor.
 */
export const products = ['full', 'int8'] as const;
export type Products = (typeof products)[number];

/** What a user may ask for: `auto` is the faster of both, by a trial. */
export const productChoices = [...products, 'auto'] as const;
export type ProductChoice = (typeof productChoices)[number];
