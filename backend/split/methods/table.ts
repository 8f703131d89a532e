/** Every splitting method by its name, with what it does. What it says of itself is in `settings.ts` beside this. */
import { em } from './em/em';
import { gold } from './gold/gold';
import { guided } from './guided/guided';
import { kmeans } from './kmeans/kmeans';
import { random } from './random/random';
import type { splitMethods } from './settings';
import { checked, type SplitMethodTable } from './split-method';
import { unigram } from './unigram/unigram';

export const methodTable = {
  em: checked(em),
  unigram: checked(unigram),
  kmeans: checked(kmeans),
  llm: checked(guided),
  random: checked(random),
  gold: checked(gold),
} as const satisfies SplitMethodTable & { readonly [K in keyof typeof splitMethods]: unknown };
