import { UserError } from '../base/errors';
import type { TokenizedCorpus } from '../corpus/tokenized';

/** How one system predicts one test document. */
export interface DocumentScore {
  readonly id: string;
  /** The gold domain, where the corpus has one. */
  readonly domain?: string | undefined;
  /** Cross-entropy summed over the predicted tokens, nats. */
  readonly nll: number;
  /** Predicted tokens. */
  readonly tokens: number;
  /** UTF-8 bytes of the text that these tokens spell. */
  readonly bytes: number;
}

export interface PerplexityFigures {
  /** Mean over domains of the domain's nats per token. */
  readonly macroNats: number;
  /** exp(macroNats). */
  readonly macro: number;
  /** exp(total nats / total tokens). */
  readonly micro: number;
  /** Total bits / total bytes. */
  readonly bitsPerByte: number;
  /** Perplexity per gold domain; empty where no document has one. */
  readonly domains: Readonly<Record<string, number>>;
}

/**
 * The documents that the macro average runs over, by domain: their places in the list. Documents without a domain join it only when none has one
 * (then macro equals micro); beside documents with domains they would make a domain of leftovers.
 */
export function documentsOfDomains(scores: readonly DocumentScore[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  const labelled = scores.some((score) => score.domain !== undefined);
  scores.forEach(({ domain, tokens }, index) => {
    if (tokens === 0 || (labelled && domain === undefined)) return;
    const group = groups.get(domain ?? '');
    if (group) group.push(index);
    else groups.set(domain ?? '', [index]);
  });
  if (groups.size === 0) throw new RangeError('perplexity of no tokens: no document has a predicted token');
  return groups;
}

const total = (scores: readonly DocumentScore[], field: 'nll' | 'tokens' | 'bytes'): number =>
  scores.reduce((sum, score) => sum + score[field], 0);

/**
 * Perplexity of one system: a domain's perplexity is exp(its nats / its tokens), so long documents weigh more within a
 * domain (as in DEMix and c-BTM); domains weigh the same in `macro`. Throws a RangeError where no token was predicted.
 */
export function aggregatePerplexity(scores: readonly DocumentScore[]): PerplexityFigures {
  const rates = [...documentsOfDomains(scores)].map(([domain, indices]) => {
    const group = indices.map((index) => scores[index]);
    return [domain, total(group, 'nll') / total(group, 'tokens')] as const;
  });
  const macroNats = rates.reduce((sum, [, rate]) => sum + rate, 0) / rates.length;
  return {
    macroNats,
    macro: Math.exp(macroNats),
    micro: Math.exp(total(scores, 'nll') / total(scores, 'tokens')),
    bitsPerByte: total(scores, 'nll') / Math.LN2 / total(scores, 'bytes'),
    domains: Object.fromEntries(rates.filter(([domain]) => domain !== '').map(([d, rate]) => [d, Math.exp(rate)])),
  };
}

/** Throws unless both lists score the same tokens of the same documents in the same order: only then do nats compare. */
export function requirePairs(a: readonly DocumentScore[], b: readonly DocumentScore[]): void {
  if (a.length !== b.length) throw new RangeError(`cannot pair ${a.length} documents with ${b.length}`);
  a.forEach((score, index) => {
    const other = b[index];
    if (score.id !== other.id || score.tokens !== other.tokens || score.domain !== other.domain) {
      throw new RangeError(
        `cannot pair document ${score.id} (${score.tokens} tokens) with ${other.id} (${other.tokens} tokens)`,
      );
    }
  });
}

/**
 * One score per document from one list per seed: the mean of its nats. Throws a RangeError where the lists differ in their documents.
 */
export function averageSeeds(seeds: readonly (readonly DocumentScore[])[]): DocumentScore[] {
  if (seeds.length === 0) throw new RangeError('cannot average no seeds');
  for (const scores of seeds) requirePairs(seeds[0], scores);
  return seeds[0].map((score, index) => ({
    ...score,
    nll: seeds.reduce((sum, scores) => sum + scores[index].nll, 0) / seeds.length,
  }));
}

/** Before hours of work: throws UserError where no interval could be told, of fewer than two test documents with something to predict. */
export function requireTestDocuments({ name, test }: Pick<TokenizedCorpus, 'name' | 'test'>): void {
  const labelled = test.some(({ domain }) => domain !== undefined);
  const counted = test.filter(({ tokens, domain }) => tokens.length > 1 && (!labelled || domain !== undefined)).length;
  if (counted >= 2) return;
  const found = counted === 0 ? 'no test document' : 'one test document';
  throw new UserError(
    `${name} has ${found} to predict: nothing can be said of how sure a figure is.`,
    'Import more documents, or give a larger share of them to the test side.',
  );
}
