/**
 * What documents can be filtered by in a query: `name:value`. Free of schemas, because the editor loads it when it starts; how each comes to its
 * documents is in `selection.ts`.
 */

/** What stands behind the colon. */
export type FilterForm =
  /** Names; several with commas between them: any of these. */
  | { readonly type: 'names' }
  | { readonly type: 'choice'; readonly choices: Readonly<Record<string, string>> }
  /** `<0.6`, `>=100`, `3..17`, or a number. */
  | { readonly type: 'numbers' }
  /** Where is looked, not what is found. */
  | { readonly type: 'scope' };

interface Filter {
  readonly form: FilterForm;
  /** What it tells of a document. */
  readonly help: string;
  readonly example: string;
  /** Only documents of a split have it. */
  readonly ofSplit?: true;
  readonly aliases?: readonly string[];
}

export const filters = {
  pile: { form: { type: 'names' }, help: 'the letter or the name of its pile', example: 'pile:B', ofSplit: true },
  confidence: {
    form: { type: 'numbers' },
    help: 'how sure the method was of its pile, 0 to 1',
    example: 'confidence:<0.6',
    ofSplit: true,
  },
  is: {
    form: {
      type: 'choice',
      choices: {
        moved: 'a person moved it to its pile',
        pinned: 'it stays in its pile when a split goes on',
        outlier: 'it fits no pile well',
        excluded: 'a person took it out of all runs',
        linked: 'a person said that it must or must not share a pile with another',
        copy: 'it repeats an earlier document',
      },
    },
    help: 'what is the case with it',
    example: 'is:moved',
  },
  label: { form: { type: 'names' }, help: 'its gold label', example: 'label:law', aliases: ['domain'] },
  side: {
    form: {
      type: 'choice',
      choices: { train: 'for training', validation: 'for validation', test: 'for the test' },
    },
    help: 'its side',
    example: 'side:test',
  },
  id: { form: { type: 'names' }, help: 'its id; a * at the end stands for any rest', example: 'id:doc-17*' },
  file: { form: { type: 'names' }, help: 'a part of the name of the file that it came from', example: 'file:letters' },
  position: { form: { type: 'numbers' }, help: 'its position in the dataset, from 0', example: 'position:0..99' },
  length: { form: { type: 'numbers' }, help: 'the characters of its text', example: 'length:>10000' },
  dataset: { form: { type: 'scope' }, help: 'the dataset that is looked in, by name or id', example: 'dataset:news' },
  split: {
    form: { type: 'scope' },
    help: 'the split whose piles are meant, by name or id',
    example: 'split:"6 piles"',
  },
} as const satisfies Readonly<Record<string, Filter>>;

export type FilterName = keyof typeof filters;
export const filterTable: Readonly<Record<FilterName, Filter>> = filters;
export const filterNames = Object.keys(filters) as FilterName[];
export type Flag = keyof (typeof filters)['is']['form']['choices'];
/** Flags that only documents of a split have. */
export const flagsOfSplit: readonly string[] = ['moved', 'pinned', 'outlier'] satisfies Flag[];

export function filterNamed(name: string): FilterName | undefined {
  const wanted = name.toLowerCase();
  return filterNames.find((one) => one === wanted || filterTable[one].aliases?.includes(wanted));
}
