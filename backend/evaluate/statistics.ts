import { type Random, createRandom } from '../base/random';

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

export interface Difference {
  /** Macro nats per token of the first system minus the second: below 0 means that the first is better. */
  readonly deltaNats: number;
  /** 95 % interval. */
  readonly lo: number;
  readonly hi: number;
  /** Two-sided p-value of "no difference"; at least 2 / (resamples + 1). */
  readonly p: number;
}

export interface BootstrapOptions {
  /** 2,000 by default: the ends of a 95 % interval then rest on 50 resamples each. */
  readonly resamples?: number;
  readonly seed?: number;
}

/**
 * The documents that the macro average runs over, by domain. Documents without a domain join it only when none has one
 * (then macro equals micro); beside documents with domains they would make a domain of leftovers.
 */
function strata(scores: readonly DocumentScore[]): Map<string, number[]> {
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
  const rates = [...strata(scores)].map(([domain, indices]) => {
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
function requireSameDocuments(a: readonly DocumentScore[], b: readonly DocumentScore[]): void {
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
 * One score per document from one list per seed: the mean of its nats. The bootstrap then draws documents, not
 * (document, seed) pairs, which are not independent. Throws a RangeError where the lists differ in their documents.
 */
export function averageSeeds(seeds: readonly (readonly DocumentScore[])[]): DocumentScore[] {
  if (seeds.length === 0) throw new RangeError('cannot average no seeds');
  for (const scores of seeds) requireSameDocuments(seeds[0], scores);
  return seeds[0].map((score, index) => ({
    ...score,
    nll: seeds.reduce((sum, scores) => sum + scores[index].nll, 0) / seeds.length,
  }));
}

interface Stratum {
  /** Nats per document (or a difference of nats), and its tokens, [documents]. */
  readonly nats: Float64Array;
  readonly tokens: Float64Array;
}

/** The macro rate in nats per token of one resample of every stratum. */
function resampleMacro(groups: readonly Stratum[], random: Random): number {
  let macro = 0;
  for (const { nats, tokens } of groups) {
    let [sumNats, sumTokens] = [0, 0];
    for (let draw = 0; draw < nats.length; draw++) {
      const document = random.below(nats.length);
      sumNats += nats[document];
      sumTokens += tokens[document];
    }
    macro += sumNats / sumTokens;
  }
  return macro / groups.length;
}

/** Resampled macro rates, ascending. Documents are drawn with replacement within each domain (Efron, 1979). */
function resample(
  scores: readonly DocumentScore[],
  nats: (index: number) => number,
  { resamples = 2000, seed = 0 }: BootstrapOptions,
): Float64Array {
  const groups = [...strata(scores).values()].map((indices) => ({
    nats: Float64Array.from(indices, nats),
    tokens: Float64Array.from(indices, (index) => scores[index].tokens),
  }));
  const random = createRandom(seed, 0xb007);
  return Float64Array.from({ length: resamples }, () => resampleMacro(groups, random)).sort();
}

/** Quantile of an ascending array, linear between order statistics (type 7 of Hyndman and Fan, 1996). */
function quantile(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

/** 95 % percentile interval of the macro perplexity over test documents, resampled within each domain. */
export function macroInterval(scores: readonly DocumentScore[], options: BootstrapOptions = {}): [number, number] {
  const rates = resample(scores, (index) => scores[index].nll, options);
  return [Math.exp(quantile(rates, 0.025)), Math.exp(quantile(rates, 0.975))];
}

/**
 * Paired bootstrap of the difference in macro nats per token between two systems (Koehn, 2004; percentile interval,
 * resampled within each domain). Average several seeds with `averageSeeds` first: the interval speaks of the choice of
 * test documents, not of training luck. Throws a RangeError unless both systems scored the same tokens.
 */
export function pairedBootstrap(
  a: readonly DocumentScore[],
  b: readonly DocumentScore[],
  options: BootstrapOptions = {},
): Difference {
  requireSameDocuments(a, b);
  const deltas = resample(a, (index) => a[index].nll - b[index].nll, options);
  const atMostZero = deltas.reduce((sum, delta) => sum + (delta <= 0 ? 1 : 0), 0);
  const atLeastZero = deltas.reduce((sum, delta) => sum + (delta >= 0 ? 1 : 0), 0);
  return {
    deltaNats: aggregatePerplexity(a).macroNats - aggregatePerplexity(b).macroNats,
    lo: quantile(deltas, 0.025),
    hi: quantile(deltas, 0.975),
    p: Math.min(1, (2 * (Math.min(atMostZero, atLeastZero) + 1)) / (deltas.length + 1)),
  };
}
