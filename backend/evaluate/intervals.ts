/** How sure a macro average is, and a difference of two: over the choice of test documents, and of training seeds where there are several. */
import { type Random, createRandom } from '../base/random';
import { formatList, formatNumber, formatNumeral } from '../base/format';
import { aggregatePerplexity, averageSeeds, type DocumentScore, documentsOfDomains, requirePairs } from './statistics';

/** Test scores of one system, one list for each training seed. */
export type SeedScores = readonly (readonly DocumentScore[])[];

export interface Difference {
  /** Macro nats per token of the first system minus the second: below 0 means that the first is better. */
  readonly deltaNats: number;
  /** 95 % interval. */
  readonly lo: number;
  readonly hi: number;
  /** Two-sided p-value of "no difference"; at least 1 / (resamples + 1). */
  readonly p: number;
}

export interface BootstrapOptions {
  /** 2,000 by default: the ends of a 95 % interval then rest on 100 resamples. */
  readonly resamples?: number;
  readonly seed?: number;
}

/** Domains of fewer test documents than this borrow how far documents lie apart: alone they say too little of it. */
export const fewestInDomain = 5;

/** Fewer degrees of freedom than this within the domains do not tell what to lend either: then all documents are one domain. */
const fewestToLend = 4;

/**
 * How much wider a resample may be made for having less spread than the documents. Without a limit a resample that happens to repeat
 * one document would decide the interval.
 */
const mostWidening = 3;

/** 95 % interval of the macro perplexity, the mean over seeds. Throws RangeError for fewer than two documents. */
export function macroInterval(seeds: SeedScores, options: BootstrapOptions = {}): [number, number] {
  const { macroNats } = aggregatePerplexity(averageSeeds(seeds));
  const width = quantile(distances(seeds, options), 0.95);
  return [Math.exp(macroNats - width), Math.exp(macroNats + width)];
}

/**
 * The difference in macro nats per token between two systems that scored the same tokens, document by document and seed by seed.
 * Throws RangeError where they did not, and for fewer than two documents.
 */
export function pairedBootstrap(a: SeedScores, b: SeedScores, options: BootstrapOptions = {}): Difference {
  if (a.length !== b.length) throw new RangeError(`cannot pair ${a.length} seeds with ${b.length}`);
  a.forEach((scores, seed) => requirePairs(scores, b[seed]));
  const differences = a.map((scores, seed) => scores.map((s, i) => ({ ...s, nll: s.nll - b[seed][i].nll })));
  const deltaNats = aggregatePerplexity(averageSeeds(a)).macroNats - aggregatePerplexity(averageSeeds(b)).macroNats;
  const away = distances(differences, options);
  const width = quantile(away, 0.95);
  const asFar = away.reduce((count, distance) => count + (distance >= Math.abs(deltaNats) ? 1 : 0), 0);
  return { deltaNats, lo: deltaNats - width, hi: deltaNats + width, p: (asFar + 1) / (away.length + 1) };
}

/** Fewer test documents than this give an interval that is a rough guide: simulated, 85 to 95 % of them hold the truth. */
const fewestInAll = 10;

/** What a reader must know of the intervals of these scores, in sentences. */
export function toldOfIntervals(seeds: SeedScores): string[] {
  const domains = [...documentsOfDomains(seeds[0])];
  const total = domains.reduce((sum, [, { length }]) => sum + length, 0);
  const few = domains.filter(([, { length }]) => length < fewestInDomain);
  return [
    toldOfSeeds(seeds.length),
    ...(total < fewestInAll
      ? [`The intervals rest on ${formatNumber(total, 'test document')}: they are a rough guide.`]
      : []),
    ...(domains.length > 1 && few.length > 0 ? [toldOfFew(few.map(([name, { length }]) => [name, length]))] : []),
  ];
}

function toldOfSeeds(count: number): string {
  if (count === 1) {
    return 'One training seed: the intervals speak of the choice of test documents only, not of training luck.';
  }
  const told = `The intervals speak of the choice of test documents and of training luck, by ${formatNumeral(count)} seeds`;
  return count <= fewestToLend
    ? `${told}; so few hardly tell how far trainings lie apart, which makes them wide.`
    : `${told}.`;
}

function toldOfFew(few: readonly (readonly [name: string, documents: number])[]): string {
  const named = formatList(few.map(([name, documents]) => `${name} (${documents})`));
  return `Fewer than ${fewestInDomain} test documents: ${named}. How far such documents lie apart is taken from the other domains.`;
}

/**
 * How far resampled macro rates lie from the estimate, ascending. A hierarchical bootstrap (Davison and Hinkley 1997, 3.8): documents
 * are drawn with replacement within their domain, and with several seeds a deviation of the seeds comes on top.
 *
 * Three things keep it from being too sure of few documents. Deviations are scaled by √(n/(n−1)), as the n drawn from spread less than
 * what they were drawn from. Each resample is told in units of its own spread (bootstrap-t, Efron 1982), domain by domain. And the
 * distances, not the ends, have quantiles: symmetric intervals err less where documents are skewed (Hall 1988).
 * Of a few seeds no more is known than their mean and spread: their deviation is drawn from Student's t.
 */
function distances(seeds: SeedScores, { resamples = 2000, seed = 0 }: BootstrapOptions): Float64Array {
  const scores = averageSeeds(seeds);
  const draws = documentDraws(scores);
  const training = seedError(seeds);
  const random = createRandom(seed, 0xb007);
  const draw = (): number => {
    const documents = draws.reduce((sum, one) => sum + one(random), 0) / draws.length;
    return training === 0 ? documents : documents + training * studentT(seeds.length - 1, random);
  };
  return Float64Array.from({ length: resamples }, () => Math.abs(draw())).sort();
}

/** A resampled deviation of a domain's rate, nats per token. */
type Draw = (random: Random) => number;

/** One draw per domain. */
function documentDraws(scores: readonly DocumentScore[]): Draw[] {
  const domains = [...documentsOfDomains(scores).values()].map((rows) => rows.map((row) => scores[row]));
  const all = domains.flat();
  if (all.length < 2) throw new RangeError('an interval needs two test documents');
  const within = domains.filter(({ length }) => length > 1);
  const tells = all.length - domains.length >= fewestToLend;
  const lent = Float64Array.from((tells ? within : [all]).flatMap(ratesAround));
  return domains.map((domain) => {
    if (domain.length < fewestInDomain) return borrowedDraw(domain, lent);
    const rates = ratesAround(domain);
    return ownDraw(
      domain.map(({ tokens }) => tokens),
      Float64Array.from(rates),
    );
  });
}

/** How far each document's nats per token are from those of all, scaled to the spread that they were drawn from. */
function ratesAround(documents: readonly DocumentScore[]): number[] {
  const rate = sumOf(documents, 'nll') / sumOf(documents, 'tokens');
  const scale = Math.sqrt(documents.length / (documents.length - 1));
  return documents.map(({ nll, tokens }) => scale * (nll / tokens - rate));
}

/** Draws documents, of which long ones weigh more. */
function ownDraw(tokens: readonly number[], rates: Float64Array): Draw {
  const count = rates.length;
  const drawn = new Int32Array(count);
  const spreadAround = (rows: Int32Array, mean: number, total: number): number => {
    let squares = 0;
    for (const row of rows) squares += (tokens[row] * (rates[row] - mean)) ** 2;
    return Math.sqrt(squares / (count - 1)) / (total / count);
  };
  const total = tokens.reduce((sum, n) => sum + n, 0);
  // The spread that is drawn from.
  const spread = spreadAround(Int32Array.from(rates.keys()), 0, total) * Math.sqrt((count - 1) / count);
  return (random) => {
    let [nats, length] = [0, 0];
    for (let i = 0; i < count; i++) {
      const row = random.below(count);
      drawn[i] = row;
      nats += tokens[row] * rates[row];
      length += tokens[row];
    }
    return (nats / length) * widening(spread, spreadAround(drawn, nats / length, length));
  };
}

/** Draws deviations of other documents for the few of a domain. */
function borrowedDraw(documents: readonly DocumentScore[], lent: Float64Array): Draw {
  const total = sumOf(documents, 'tokens');
  const spread = Math.sqrt(lent.reduce((sum, rate) => sum + rate ** 2, 0) / lent.length);
  return (random) => {
    let rate = 0;
    for (const { tokens } of documents) rate += (tokens / total) * lent[random.below(lent.length)];
    let [sum, squares] = [0, 0];
    for (let i = 0; i < lent.length; i++) {
      const other = lent[random.below(lent.length)];
      sum += other;
      squares += other ** 2;
    }
    const variance = (squares - sum ** 2 / lent.length) / (lent.length - 1);
    return rate * widening(spread, Math.sqrt(Math.max(0, variance)));
  };
}

function widening(spread: number, drawn: number): number {
  return spread === 0 ? 1 : Math.min(mostWidening, spread / drawn);
}

/** Standard error of the mean of the seeds' macro rates; 0 for one seed, of which nothing is known. */
function seedError(seeds: SeedScores): number {
  if (seeds.length < 2) return 0;
  const rates = seeds.map((scores) => aggregatePerplexity(scores).macroNats);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const squares = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0);
  return Math.sqrt(squares / (rates.length - 1) / rates.length);
}

function studentT(degrees: number, random: Random): number {
  let squares = 0;
  for (let i = 0; i < degrees; i++) squares += random.normal() ** 2;
  return random.normal() / Math.sqrt(squares / degrees);
}

const sumOf = (scores: readonly DocumentScore[], field: 'nll' | 'tokens'): number =>
  scores.reduce((sum, score) => sum + score[field], 0);

/** Quantile of an ascending array, linear between order statistics (type 7 of Hyndman and Fan, 1996). */
function quantile(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}
