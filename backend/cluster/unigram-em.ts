import { createRandom, type Random } from '../protocol/random';
import type { Watch } from '../protocol/progress';
import { pause, requireDocuments, type RoundFigures } from './clustering';
import { createPiles, wordStatistics, type Piles, type UnigramModel, type WordStatistics } from './unigram-piles';
import type { SparseRows } from './word-counts';

/** Smoothing at the start, over that at the end: strong at first, so that piles differ in little but their main words. */
const STARTING_SMOOTHING = 10;
/** At the start a document of average length counts as if it had this many words, so that no posterior is decided yet. */
const STARTING_WORDS = 10;
/** Rounds from soft and smooth to hard. Of 20 starts on mixed-domains 19 then found the best likelihood; with 12, half did. */
const SOFT_ROUNDS = 20;
/** Hard rounds end when no more than this share of the documents changes its pile. */
const SETTLED = 0.001;

export interface UnigramEmSettings {
  readonly k: number;
  readonly seed: number;
  /** Independent starts, of which the one with the highest likelihood is kept; default 5. */
  readonly restarts?: number;
  /**
   * Words of background added to each pile's counts; default 20,000, or the words of an average pile in smaller corpora.
   * It makes the piles' models differ only in words for which a pile has evidence.
   */
  readonly pseudoWords?: number;
  /** Most hard rounds of a start; default 40. */
  readonly maxRounds?: number;
  readonly watch?: Watch;
}

export interface UnigramMixture {
  /** The most probable pile of each document, `[N]`. */
  readonly assignments: Int32Array;
  /** P(pile | document), each document judged without its own words, `[N, k]`. */
  readonly posteriors: Float32Array;
  /** Sum over documents of ln p(words, pile), each judged without its own words: nats. */
  readonly logLikelihood: number;
  readonly model: UnigramModel;
  /** The hard rounds of the start that was kept. */
  readonly rounds: readonly RoundFigures[];
}

/**
 * Mixture of unigrams (Nigam et al. 2000) by deterministic annealing (Ueda and Nakano 1998), then hard EM, document by
 * document. Pile models are smoothed towards the corpus, and a document is scored by its pile without its own words:
 * otherwise each document is at home wherever it lies, and the first round decides.
 * Throws UserError when there are fewer documents than piles.
 */
export async function fitUnigramMixture(counts: SparseRows, settings: UnigramEmSettings): Promise<UnigramMixture> {
  const { k, seed, restarts = 5, maxRounds = 40, watch } = settings;
  requireDocuments(counts.count, k);
  const words = wordStatistics(counts);
  const pseudoWords = settings.pseudoWords ?? Math.min(20_000, words.total / k);
  let best: Fit | undefined;
  for (let restart = 0; restart < restarts; restart++) {
    const random = createRandom(seed, restart);
    const piles = createPiles(words, k);
    const start = await annealed(words, piles, pseudoWords, random, watch);
    const fit = await settled(words, piles, start, maxRounds, random, watch);
    if (!best || fit.logLikelihood > best.logLikelihood) best = fit;
    const note = `${(best.logLikelihood / words.total).toFixed(4)} nats per word`;
    watch?.report({ stage: 'splitting documents', done: restart + 1, total: restarts, unit: 'starts', note });
  }
  if (!best) throw new RangeError(`${restarts} starts: at least 1 is needed.`);
  const { piles, ...found } = best;
  return { ...found, posteriors: posteriorsOf(piles, found.assignments), model: piles.model() };
}

/** P(pile | document) of any documents, `[N, k]`, counted over the vocabulary of the fit. A document without words gets the priors. */
export function unigramPosteriors(model: UnigramModel, counts: SparseRows): Float32Array {
  const { k, logWords, logPriors } = model;
  const posteriors = new Float32Array(counts.count * k);
  const scores = new Float64Array(k);
  for (let document = 0; document < counts.count; document++) {
    scores.set(logPriors);
    for (let cell = counts.starts[document]; cell < counts.starts[document + 1]; cell++) {
      const at = counts.columns[cell] * k;
      for (let pile = 0; pile < k; pile++) scores[pile] += counts.values[cell] * logWords[at + pile];
    }
    softmax(scores, 1);
    posteriors.set(scores, document * k);
  }
  return posteriors;
}

interface Fit {
  readonly piles: Piles;
  readonly assignments: Int32Array;
  readonly logLikelihood: number;
  readonly rounds: readonly RoundFigures[];
}

/** Soft EM from random posteriors, cooling; leaves in `piles` and returns the hard piles that it ends in. */
async function annealed(
  words: WordStatistics,
  piles: Piles,
  pseudoWords: number,
  random: Random,
  watch: Watch | undefined,
): Promise<Int32Array> {
  const { k } = piles;
  const documents = words.lengths.length;
  const posteriors = Float64Array.from({ length: documents * k }, () => -Math.log(1 - random.uniform()));
  for (let document = 0; document < documents; document++) normalize(row(posteriors, document, k));

  const startingHeat = Math.min(1, (STARTING_WORDS * documents) / words.total);
  const assignments = new Int32Array(documents);
  const scores = new Float64Array(k);
  for (let round = 0; round < SOFT_ROUNDS; round++) {
    await pause(watch);
    const left = 1 - round / (SOFT_ROUNDS - 1);
    piles.gather(posteriors, pseudoWords * STARTING_SMOOTHING ** left);
    for (let document = 0; document < documents; document++) {
      const own = row(posteriors, document, k);
      piles.score(document, own, scores);
      assignments[document] = highest(scores);
      softmax(scores, startingHeat ** left);
      own.set(scores);
    }
  }
  posteriors.fill(0);
  assignments.forEach((pile, document) => (posteriors[document * k + pile] = 1));
  piles.gather(posteriors, pseudoWords);
  return assignments;
}

/**
 * Hard EM, one document at a time in random order: each moves at once, because two like documents that judge each other
 * at the same time swap piles for ever.
 */
async function settled(
  words: WordStatistics,
  piles: Piles,
  start: Int32Array,
  maxRounds: number,
  random: Random,
  watch: Watch | undefined,
): Promise<Fit> {
  const { k } = piles;
  const assignments = start.slice();
  const order = Array.from(assignments.keys());
  const rounds: RoundFigures[] = [];
  const own = new Float64Array(k);
  const scores = new Float64Array(k);
  for (let round = 1; ; round++) {
    await pause(watch);
    let [moved, logLikelihood, entropy] = [0, 0, 0];
    for (const document of random.shuffle(order)) {
      const from = assignments[document];
      own.fill(0)[from] = 1;
      piles.score(document, own, scores);
      const to = highest(scores);
      logLikelihood += scores[to];
      softmax(scores, 1);
      entropy += entropyOf(scores);
      if (to === from) continue;
      piles.move(document, from, to);
      assignments[document] = to;
      moved++;
    }
    const shares = Array.from(piles.sizes, (size) => size / order.length);
    rounds.push({
      round,
      logLikelihood: logLikelihood / words.total,
      entropy: entropy / order.length,
      churn: moved / order.length,
      shares,
      dead: shares.filter((share) => share === 0).length,
    });
    if (moved <= SETTLED * order.length || round >= maxRounds) return { piles, assignments, logLikelihood, rounds };
  }
}

function posteriorsOf(piles: Piles, assignments: Int32Array): Float32Array {
  const { k } = piles;
  const posteriors = new Float32Array(assignments.length * k);
  const own = new Float64Array(k);
  const scores = new Float64Array(k);
  assignments.forEach((pile, document) => {
    own.fill(0)[pile] = 1;
    piles.score(document, own, scores);
    softmax(scores, 1);
    posteriors.set(scores, document * k);
  });
  return posteriors;
}

/** Log scores to probabilities in place; `heat` below 1 flattens them. */
function softmax(scores: Float64Array, heat: number): void {
  const most = scores[highest(scores)];
  for (let i = 0; i < scores.length; i++) scores[i] = Math.exp(heat * (scores[i] - most));
  normalize(scores);
}

function normalize(weights: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i];
  for (let i = 0; i < weights.length; i++) weights[i] /= sum;
}

function highest(scores: Float64Array): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
  return best;
}

function entropyOf(probabilities: Float64Array): number {
  let entropy = 0;
  for (const p of probabilities) if (p > 0) entropy -= p * Math.log(p);
  return entropy;
}

function row(values: Float64Array, i: number, width: number): Float64Array {
  return values.subarray(i * width, (i + 1) * width);
}
