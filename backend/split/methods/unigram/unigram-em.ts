import { createRandom, type Random } from '../../../base/random';
import { pause, type Watch } from '../../../base/progress';
import { assignBalanced, keepingTo } from '../../constraints/balance';
import { requireDocuments, type RoundFigures } from '../../result';
import type { Group } from '../../constraints/constraints';
import type { DenseRows } from '../../features/dense';
import { VonMisesFisher } from './von-mises-fisher';
import { bestPiles } from '../kmeans/lloyd';
import {
  createPiles,
  wordStatistics,
  type UnigramPiles,
  type UnigramModel,
  type WordStatistics,
} from './unigram-piles';
import { buildVocabulary, countWords, dampened, type SparseRows } from '../../features/word-counts';

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
  /** Piles to begin with instead of random ones, `[N]`; −1 is a document that was in none. Then there is one start. */
  readonly start?: Int32Array;
  /** What people said of the documents. */
  readonly groups?: readonly Group[];
  /**
   * A vector of length 1 for each document [N, D], as a sentence encoder makes it: once the piles are found by words, a pile is words
   * and a direction, as if both were drawn apart from each other, and hard rounds go on.
   */
  readonly vectors?: DenseRows;
  readonly watch?: Watch;
}

export interface UnigramMixture {
  /** The most probable pile of each document, `[N]`. */
  readonly assignments: Int32Array;
  /** P(pile | document) when the last round judged it, without its own words, `[N, k]`; documents that must share a pile are judged together. */
  readonly posteriors: Float32Array;
  /**
   * ln p(words, pile), with vectors ln p(words, vector, pile), of all documents, each judged without itself, over their words, of which
   * repetitions are dampened: nats.
   */
  readonly logLikelihood: number;
  readonly model: UnigramModel;
  /** The hard rounds of the start that was kept. */
  readonly rounds: readonly RoundFigures[];
}

/**
 * Mixture of unigrams (Nigam et al. 2000), in which repetitions of a word count less and less (`dampened`), by deterministic annealing (Ueda and Nakano 1998), then hard EM, document by
 * document. Pile models are smoothed towards the corpus, and a document is scored by its pile without its own words:
 * otherwise each document is at home wherever it lies, and the first round decides.
 * Throws UserError when there are fewer documents than piles.
 */
export async function fitUnigramMixture(counts: SparseRows, settings: UnigramEmSettings): Promise<UnigramMixture> {
  const { vectors, ...byWords } = settings;
  const { k, seed, groups = [], start: given, watch } = byWords;
  const restarts = given === undefined ? (settings.restarts ?? 5) : 1;
  requireDocuments(counts.count, k);
  const words = wordStatistics(dampened(counts));
  const pseudoWords = settings.pseudoWords ?? usualPseudoWords(words, k);
  let best: Fit | undefined;
  for (let restart = 0; restart < restarts; restart++) {
    const random = createRandom(seed, restart);
    const piles = createPiles(words, k);
    let start: Int32Array;
    if (given !== undefined) start = keepingTo(groups, completed(piles, given, pseudoWords), k);
    else {
      const scores = await annealed(words, piles, pseudoWords, random, watch);
      start = groups.length === 0 ? bestPiles(scores, k) : assignBalanced(scores, k, k, groups);
    }
    piles.gather(oneHot(start, k), pseudoWords);
    const fit = await settled(words, piles, start, byWords, random);
    if (!best || fit.logLikelihood > best.logLikelihood) best = fit;
    const note = `${(best.logLikelihood / words.total).toFixed(4)} nats per word`;
    watch?.report({ stage: 'splitting documents', done: restart + 1, total: restarts, unit: 'starts', note });
  }
  if (!best) throw new RangeError(`${restarts} starts: at least 1 is needed.`);
  if (vectors !== undefined) {
    best.piles.gather(oneHot(best.assignments, k), pseudoWords);
    best = await settled(words, best.piles, best.assignments, settings, createRandom(seed, restarts));
  }
  const { piles, logLikelihood, ...found } = best;
  return { ...found, logLikelihood: logLikelihood / words.total, model: piles.model() };
}

/**
 * The pile of each text, `[N]`, where those of some are known: the others (−1) go where their words are most probable.
 */
export function pilesByWords(texts: readonly string[], known: Int32Array, k: number): Int32Array {
  const words = wordStatistics(dampened(countWords(texts, buildVocabulary(texts))));
  return completed(createPiles(words, k), known, usualPseudoWords(words, k));
}

/** P(pile | document) of any documents, `[N, k]`, counted over the vocabulary of the fit. A document without words gets the priors. */
export function unigramPosteriors(model: UnigramModel, counts: SparseRows): Float32Array {
  const posteriors = new Float32Array(counts.count * model.k);
  eachJoint(model, dampened(counts), (document, scores) => {
    softmax(scores, 1);
    posteriors.set(scores, document * model.k);
  });
  return posteriors;
}

/** −ln p(words) of any documents under the mixture of all piles: nats per word. */
export function unigramLoss(model: UnigramModel, counts: SparseRows): number {
  let nats = 0;
  eachJoint(model, counts, (_, scores) => {
    const most = scores[highest(scores)];
    nats -= most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
  });
  return nats / counts.values.reduce((sum, count) => sum + count, 0);
}

/** ln p(words, pile) `[k]` of one document after another, in an array that is used again. */
function eachJoint(
  { k, logWords, logPriors }: UnigramModel,
  { count, starts, columns, values }: SparseRows,
  visit: (document: number, scores: Float64Array) => void,
): void {
  const scores = new Float64Array(k);
  for (let document = 0; document < count; document++) {
    scores.set(logPriors);
    for (let cell = starts[document]; cell < starts[document + 1]; cell++) {
      const at = columns[cell] * k;
      for (let pile = 0; pile < k; pile++) scores[pile] += values[cell] * logWords[at + pile];
    }
    visit(document, scores);
  }
}

interface Fit {
  readonly piles: UnigramPiles;
  readonly assignments: Int32Array;
  readonly posteriors: Float32Array;
  readonly logLikelihood: number;
  readonly rounds: readonly RoundFigures[];
}

const usualPseudoWords = ({ total }: WordStatistics, k: number): number => Math.min(20_000, total / k);

/** Soft EM from random posteriors, cooling. Returns ln p(words, pile) of the documents in its last round, `[N, k]`. */
async function annealed(
  words: WordStatistics,
  piles: UnigramPiles,
  pseudoWords: number,
  random: Random,
  watch: Watch | undefined,
): Promise<Float64Array> {
  const { k } = piles;
  const documents = words.lengths.length;
  const posteriors = Float64Array.from({ length: documents * k }, () => -Math.log(1 - random.uniform()));
  for (let document = 0; document < documents; document++) normalize(row(posteriors, document, k));

  const startingHeat = Math.min(1, (STARTING_WORDS * documents) / words.total);
  const last = new Float64Array(documents * k);
  for (let round = 0; round < SOFT_ROUNDS; round++) {
    await pause(watch);
    const left = 1 - round / (SOFT_ROUNDS - 1);
    piles.gather(posteriors, pseudoWords * STARTING_SMOOTHING ** left);
    for (let document = 0; document < documents; document++) {
      const own = row(posteriors, document, k);
      const scores = row(last, document, k);
      piles.score(document, own, scores);
      own.set(scores);
      softmax(own, startingHeat ** left);
    }
  }
  return last;
}

/** The piles that are given; documents that are in none go where their words are most probable. */
function completed(piles: UnigramPiles, given: Int32Array, pseudoWords: number): Int32Array {
  piles.gather(oneHot(given, piles.k), pseudoWords);
  const nowhere = new Float64Array(piles.k);
  const scores = new Float64Array(piles.k);
  return given.map((pile, document) => {
    if (pile >= 0) return pile;
    piles.score(document, nowhere, scores);
    return highest(scores);
  });
}

function oneHot(assignments: Int32Array, k: number): Float64Array {
  const posteriors = new Float64Array(assignments.length * k);
  assignments.forEach((pile, document) => pile >= 0 && (posteriors[document * k + pile] = 1));
  return posteriors;
}

/**
 * Hard EM, one document at a time in random order: each moves at once, because two like documents that judge each other
 * at the same time swap piles for ever.
 */
async function settled(
  words: WordStatistics,
  piles: UnigramPiles,
  start: Int32Array,
  { maxRounds = 40, groups = [], vectors, watch }: UnigramEmSettings,
  random: Random,
): Promise<Fit> {
  const { k } = piles;
  const assignments = start.slice();
  const directions = vectors && new VonMisesFisher(vectors, k, assignments);
  const led = new Map(groups.map((group) => [group.rows[0], group]));
  const following = new Set(groups.flatMap(({ rows }) => rows.slice(1)));
  const order = Array.from(assignments.keys()).filter((document) => !following.has(document));
  const rounds: RoundFigures[] = [];
  const posteriors = new Float32Array(assignments.length * k);
  const scores = new Float64Array(k);
  for (let round = 1; ; round++) {
    await pause(watch);
    directions?.fit();
    let [moved, logLikelihood, entropy] = [0, 0, 0];
    for (const document of random.shuffle(order)) {
      const group = led.get(document);
      const rows = group?.rows ?? [document];
      const from = assignments[document];
      scoreTogether(piles, rows, from, scores);
      for (const row of rows) directions?.score(row, from, scores);
      const to = group === undefined ? highest(scores) : bestFor(group, groups, assignments, scores);
      logLikelihood += scores[to];
      softmax(scores, 1);
      entropy += entropyOf(scores) * rows.length;
      for (const row of rows) posteriors.set(scores, row * k);
      if (to === from) continue;
      for (const row of rows) {
        piles.move(row, from, to);
        directions?.move(row, from, to);
        assignments[row] = to;
      }
      moved += rows.length;
    }
    const documents = assignments.length;
    const shares = Array.from(piles.sizes, (size) => size / documents);
    rounds.push({
      round,
      logLikelihood: logLikelihood / words.total,
      entropy: entropy / documents,
      churn: moved / documents,
      shares,
      dead: shares.filter((share) => share === 0).length,
    });
    if (moved <= SETTLED * documents || round >= maxRounds)
      return { piles, assignments, posteriors, logLikelihood, rounds };
  }
}

/** Writes ln p(words, pile) of the documents together, which lie in `pile`, into `scores` `[k]`: judged without their own words. */
function scoreTogether(piles: UnigramPiles, documents: readonly number[], pile: number, scores: Float64Array): void {
  const own = new Float64Array(piles.k);
  if (documents.length === 1) {
    own[pile] = 1;
    return piles.score(documents[0], own, scores);
  }
  for (const document of documents) piles.move(document, pile, undefined);
  const sums = new Float64Array(piles.k);
  for (const document of documents) {
    piles.score(document, own, scores);
    scores.forEach((score, i) => (sums[i] += score));
  }
  scores.set(sums);
  for (const document of documents) piles.move(document, undefined, pile);
}

/** The pile with the highest score that the group may be in while the others are where they are. */
function bestFor(group: Group, groups: readonly Group[], assignments: Int32Array, scores: Float64Array): number {
  if (group.pile !== undefined) return group.pile;
  const taken = new Set(group.apart.map((other) => assignments[groups[other].rows[0]]));
  return highest(scores.map((score, pile) => (taken.has(pile) ? -Infinity : score)));
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
