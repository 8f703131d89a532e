import { UserError } from '../../../base/errors';
import type { Document } from '../../../corpus/document';
import { keepingTo } from '../../constraints/balance';
import { requireDocuments } from '../../result';
import type { SplitMethod } from '../split-method';
import { goldData as data } from './settings';

export const gold: SplitMethod = {
  ...data,
  run: ({ corpus, groups }) => {
    const { assignments, names } = goldPiles(corpus.train);
    const k = names.length;
    return Promise.resolve({ k, assignments: keepingTo(groups, assignments, k), settings: {} });
  },
};

/** The control that knows the answer: a pile per domain, in code unit order of the `names`. UserError if a domain is missing. */
export function goldPiles(documents: readonly Document[]): {
  readonly assignments: Int32Array;
  readonly names: readonly string[];
} {
  const domains = documents.map(({ id, domain }) => {
    if (domain !== undefined) return domain;
    throw new UserError(
      `Document ${id} has no domain.`,
      'Split by gold labels only where every document has a "domain".',
    );
  });
  const names = [...new Set(domains)].sort();
  requireDocuments(documents.length, Math.max(1, names.length));
  const pile = new Map(names.map((name, i) => [name, i]));
  return { assignments: Int32Array.from(domains, (domain) => pile.get(domain) ?? 0), names };
}
