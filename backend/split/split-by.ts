import { UserError } from '../base/errors';
import type { Raw } from '../base/settings';
import { keepingTo } from './constraints/balance';
import { summarisePiles } from './describe/piles';
import { methodNamed, type Openers, type SplitMethodTable, type SplitTask } from './methods/split-method';
import { requireDocuments, type SplitResult } from './result';

/** What is split; without openers for methods that open nothing. */
export type AskedSplit = Omit<SplitTask, 'groups' | 'open'> & Partial<Pick<SplitTask, 'groups' | 'open'>>;

/**
 * Splits the training documents by one of these methods, with the values of its settings. Throws UserError where there is no such method,
 * a value cannot be, or the documents do not suffice for k piles.
 */
export async function splitBy(
  methods: SplitMethodTable,
  name: string,
  asked: AskedSplit,
  values: Raw = {},
): Promise<SplitResult> {
  const started = performance.now();
  const task: SplitTask = { groups: [], open: nothing, ...asked };
  const { corpus, seed, groups, from } = task;
  const method = methodNamed(methods, name);
  requireDocuments(corpus.train.length, task.k);
  if (!corpus.train.some(({ tokens }) => tokens.length > 1)) {
    throw new UserError(`The documents of ${corpus.name} have no text.`, 'Import documents that have some.');
  }
  // Constraints that no piles can fulfil are refused before hours of work.
  keepingTo(groups, new Int32Array(corpus.train.length).fill(-1), task.k);
  const { titles, k = task.k, ...found } = await method.run(task, values);
  const piles = summarisePiles(corpus.train, { assignments: found.assignments, k });
  return {
    ...found,
    method: name,
    k,
    seed,
    seconds: (performance.now() - started) / 1000,
    piles: piles.map((pile, i) => ({ ...pile, name: from?.names[i] ?? titles?.[i] ?? pile.name })),
  };
}

const missing = (what: string) => (): Promise<never> => Promise.reject(new Error(`nobody opens ${what} here`));
const nothing: Openers = {
  encoder: missing('a sentence encoder'),
  guide: missing('a guide'),
  experts: missing('trained experts'),
};
