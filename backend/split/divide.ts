/** One pile of an earlier split becomes several, and all others stay as they are. */
import type { TokenizedCorpus } from '../corpus/tokenized';
import type { LanguageModel } from '../model/language-model';
import { UserError } from '../base/errors';
import type { Watch } from '../base/progress';
import type { SplitMethod } from '../protocol/report';
import { groupsOf, type Wishes } from './constraints/constraints';
import { splitBy, summarisePiles } from './split-by';
import type { EarlierPiles, SplitOptions, SplitResult } from './split-options';

export interface Division {
  readonly from: EarlierPiles;
  /** The pile that is divided, of those of `from`. */
  readonly pile: number;
  /** Links hold among the documents of the pile; pins to it say nothing of its parts. */
  readonly links: Wishes['links'];
}

/**
 * Divides a pile into `options.k` parts by any method, and documents that were in no pile along with it. The first part keeps the pile's
 * number, the others come after all piles. Throws UserError where the pile has fewer documents
 * than parts, or the method leaves a part empty.
 */
export async function dividePile(
  method: SplitMethod,
  model: LanguageModel,
  corpus: TokenizedCorpus,
  { from, pile, links, ...options }: SplitOptions & Division,
  watch: Watch,
): Promise<SplitResult> {
  const rows = [...corpus.train.keys()].filter((row) => [pile, -1].includes(from.assignments[row]));
  const places = new Map(rows.map((row, place) => [row, place]));
  const within = links.flatMap(({ kind, a: first, b: second }) => {
    const [a, b] = [places.get(first), places.get(second)];
    return a === undefined || b === undefined ? [] : [{ kind, a, b }];
  });
  const part = { ...corpus, train: rows.map((row) => corpus.train[row]) };
  const groups = groupsOf({ links: within, pins: new Map() }, (row) => part.train[row].id);
  const found = await splitBy(method, model, part, { ...options, groups }, watch);
  if (new Set(found.assignments).size < found.k) {
    throw new UserError(
      `This method finds fewer than ${found.k} parts in the pile: its documents are alike.`,
      'Ask for fewer parts, or divide it by k-means.',
    );
  }
  const assignments = from.assignments.slice();
  const others = from.names.length - 1;
  rows.forEach((row, i) => (assignments[row] = found.assignments[i] === 0 ? pile : others + found.assignments[i]));
  const k = others + found.k;
  const names = [...from.names.map((name, i) => (i === pile ? found.piles[0].name : name))].concat(
    found.piles.slice(1).map(({ name }) => name),
  );
  const { seed, seconds, settings, method: used, outliers = [] } = found;
  const piles = summarisePiles(corpus.train, { assignments, k });
  return {
    method: used,
    k,
    seed,
    seconds,
    settings,
    assignments,
    outliers: outliers.map((place) => rows[place]),
    piles: piles.map((summary, i) => ({ ...summary, name: names[i] ?? summary.name })),
  };
}
