/** How experts and piles differ in the eye: one rule for every view, page and report. The letter stands beside it wherever there is room. */

export const hueCount = 6;

/** Forms of marks and icons. */
export const forms = ['circle', 'square', 'triangle', 'diamond', 'down', 'hexagon'] as const;

/** Lines below text: style and width in pixels, as CSS has them. */
const lines = [
  { style: 'solid', width: 2 },
  { style: 'dashed', width: 2 },
  { style: 'dotted', width: 2 },
  { style: 'double', width: 3 },
  { style: 'solid', width: 4 },
  { style: 'dotted', width: 4 },
] as const;

export interface Look {
  /** Which of the six hues. */
  readonly hue: number;
  readonly form: (typeof forms)[number];
  readonly line: (typeof lines)[number];
}

/**
 * The look of expert or pile number `index`. Within the first six both hue and form differ; after each round the forms move on by one, so
 * that no two of the first 36 are alike.
 */
export function lookOf(index: number): Look {
  const at = (index + Math.floor(index / hueCount)) % forms.length;
  return { hue: index % hueCount, form: forms[at], line: lines[at] };
}

/** How many looks there are before they begin anew. */
export const lookCount = hueCount * forms.length;
