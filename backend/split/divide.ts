/** One pile of an earlier split becomes several, and all others stay as they are. */
import { UserError } from '../base/errors';
import type { Raw } from '../base/settings';
import { type Constraints, groupsOf } from './constraints/constraints';
import { summarisePiles } from './describe/piles';
import type { SplitMethodTable } from './methods/split-method';
import type { EarlierPiles, SplitResult } from './result';
import { type AskedSplit, splitBy } from './split-by';

export interface Division {
  readonly from: EarlierPiles;
  /** The pile that is divided, of those of `from`. */
  readonly pile: number;
  /** Links hold among the documents of the pile; pins to it say nothing of its parts. */
  readonly links: Constraints['links'];
}

/**
 * Divides a pile into `asked.k` parts by one of these methods, and documents that were in no pile along with it. The first part keeps the pile's
 * number, the others come after all piles. Throws UserError where the pile has fewer documents
 * than parts, or the method leaves a part empty.
 */
export async function dividePile(
  methods: SplitMethodTable,
  method: string,
  asked: AskedSplit,
  { from, pile, links }: Division,
  values: Raw = {},
): Promise<SplitResult> {
  const { corpus } = asked;
  const rows = [...corpus.train.keys()].filter((row) => [pile, -1].includes(from.assignments[row]));
  const places = new Map(rows.map((row, place) => [row, place]));
  const within = links.flatMap(({ kind, a: first, b: second }) => {
    const [a, b] = [places.get(first), places.get(second)];
    return a === undefined || b === undefined ? [] : [{ kind, a, b }];
  });
  const part = { ...corpus, train: rows.map((row) => corpus.train[row]) };
  const groups = groupsOf({ links: within, pins: new Map() }, (row) => part.train[row].id);
  const found = await splitBy(methods, method, { ...asked, corpus: part, groups }, values);
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
  const posteriors = dividedPosteriors(from, { pile, rows, k }, found);
  const { seed, seconds, settings, outliers = [] } = found;
  const piles = summarisePiles(corpus.train, { assignments, k });
  return {
    method,
    k,
    seed,
    seconds,
    settings,
    assignments,
    ...(posteriors && { posteriors }),
    outliers: outliers.map((place) => rows[place]),
    piles: piles.map((summary, i) => ({ ...summary, name: names[i] ?? summary.name })),
  };
}

/**
 * P(pile | document) [N, k] by the product rule: that of the whole pile, times that of the part as the method saw it. Of a document
 * elsewhere the method saw nothing: there the parts are as likely as they are large. A document that was in no pile was divided as one of the
 * pile. Undefined where one of the two splits has no posteriors.
 */
function dividedPosteriors(
  from: EarlierPiles,
  { pile, rows, k }: { readonly pile: number; readonly rows: readonly number[]; readonly k: number },
  { posteriors: within, assignments: parts, k: count }: SplitResult,
): Float32Array | undefined {
  const { posteriors: earlier, names } = from;
  if (earlier === undefined || within === undefined) return undefined;
  const shares = new Float32Array(count);
  for (const part of parts) shares[part] += 1 / parts.length;
  const places = new Map(rows.map((row, place) => [row, place]));
  const result = new Float32Array(from.assignments.length * k);
  for (const [row, own] of from.assignments.entries()) {
    const place = places.get(row);
    const split = place === undefined ? shares : within.subarray(place * count, (place + 1) * count);
    for (let other = 0; other < names.length; other++) {
      const p = own < 0 ? Number(other === pile) : earlier[row * names.length + other];
      if (other !== pile) result[row * k + other] = p;
      else
        split.forEach((share, part) => (result[row * k + (part === 0 ? pile : names.length - 1 + part)] = p * share));
    }
  }
  return result;
}
