/** Every splitting method by its name, with what people see of the piles. */
import type { TokenizedCorpus, TokenizedDocument } from '../corpus/tokenized';
import type { LanguageModel } from '../model/language-model';
import type { SentenceEncoder } from '../model/sentence-encoder';
import { once, plain } from '../protocol/checkpoint';
import { renamed, type Watch } from '../protocol/progress';
import type { SplitMethod } from '../protocol/report';
import type { Embedding, EmStart } from '../protocol/run';
import { type Clustering, goldClustering, randomClustering, requireDocuments, secondsSince } from './clustering';
import { keepingTo } from './balance';
import type { Group } from './constraints';
import type { Union } from './guided/clusters';
import { guidedClustering } from './guided/guided';
import type { Guide } from './guided/guide';
import { guidedDefaults, type GuidedSettings } from './guided/settings';
import type { DenseRows } from './dense';
import { hiddenFeatures } from './hidden-features';
import { kmeans } from './kmeans';
import { clusterByKmeans, clusterByUnigramEm, type SplitSettings } from './methods';
import { perplexityEm, type PerplexityEmResult } from './perplexity-em';
import { defaultPerplexityEm, type PerplexityEmSettings, type Start } from './perplexity-settings';
import { sentenceFeatures } from './sentence-features';
import { characteristicTerms, pileName } from './terms';
import { buildVocabulary, countWords } from './word-counts';

export interface SplitOptions {
  readonly k: number;
  readonly seed: number;
  /** Settings of the perplexity method; `start` seeds it, otherwise unigram EM does. */
  readonly em?: Partial<Omit<PerplexityEmSettings, 'k' | 'seed' | 'groups'>>;
  /**
   * Of the perplexity method: what its piles begin as, how many layers of the model judge (all by default), and
   * how often it is run from another seed, of which the run with the least loss is kept; once by default.
   */
  readonly perplexity?: {
    readonly start?: EmStart | undefined;
    readonly proxyLayers?: number | undefined;
    readonly restarts?: number | undefined;
  };
  /**
   * What tells documents apart in k-means beside words, and whether its piles are of one size. With a sentence encoder its vectors do; in
   * unigram EM, and where perplexity EM begins with it, they stand beside the words.
   */
  readonly features?: {
    readonly embedding?: Embedding | undefined;
    readonly balanced?: boolean | undefined;
    readonly encoder?: SentenceEncoder | undefined;
  };
  /** Of the guided method, which cannot do without. */
  readonly guided?: { readonly guide: Guide } & Partial<Pick<GuidedSettings, 'form' | 'microClusters'>>;
  /** What people said of the training documents: every method keeps to it. */
  readonly groups?: readonly Group[];
  /** Piles that the method begins with, and whose names go on. */
  readonly from?: EarlierPiles;
}

/** The piles of a split that another one goes on from. */
export interface EarlierPiles {
  /** Of each training document; −1 where it was in none. */
  readonly assignments: Int32Array;
  /** [k] */
  readonly names: readonly string[];
}

// Starts of one split must not be those of the next seed.
const seedsApart = 1_000_003;

export interface PileSummary {
  readonly name: string;
  readonly size: number;
  /** Characteristic words, the most telling first. */
  readonly terms: readonly string[];
}

export interface SplitResult extends Clustering {
  readonly piles: readonly PileSummary[];
  /** Indices of documents that fit no pile, where the method tells. */
  readonly outliers?: readonly number[];
  /** P(pile | document) at the end [N, k], and as each round saw it, where the method tells. */
  readonly posteriors?: Float32Array;
  readonly history?: readonly Float32Array[];
  /** Why small clusters became the piles, where a guide was asked. */
  readonly unions?: readonly Union[];
}

type Found = Clustering &
  Pick<SplitResult, 'outliers' | 'posteriors' | 'history' | 'unions'> & {
    /** Better than the words that mark a pile, where somebody gave one, [k]. */
    readonly titles?: readonly (string | undefined)[];
  };

/** Splits the training documents. Throws UserError where the documents do not suffice for k piles. */
export async function splitBy(
  method: SplitMethod,
  model: LanguageModel,
  corpus: TokenizedCorpus,
  options: SplitOptions,
  watch: Watch,
): Promise<SplitResult> {
  const documents = corpus.train;
  const { k, groups = [], from } = options;
  requireDocuments(documents.length, k);
  // Wishes that no piles can fulfil are refused before hours of work.
  keepingTo(groups, new Int32Array(documents.length).fill(-1), k);
  const { titles, ...clustering } = await cluster(method, model, corpus, options, watch);
  const piles = summarisePiles(documents, clustering);
  return {
    ...clustering,
    piles: piles.map((pile, i) => ({ ...pile, name: from?.names[i] ?? titles?.[i] ?? pile.name })),
  };
}

async function cluster(
  method: SplitMethod,
  model: LanguageModel,
  corpus: TokenizedCorpus,
  options: SplitOptions,
  watch: Watch,
): Promise<Found> {
  const { k, seed, groups = [] } = options;
  const texts = corpus.train.map(({ text }) => text);
  /** The controls draw or read their piles; then as few documents as can be go elsewhere. */
  const kept = (found: Clustering): Clustering => ({
    ...found,
    assignments: keepingTo(groups, found.assignments, found.k),
  });
  const { embedding, balanced, encoder } = options.features ?? {};
  const vectors =
    encoder &&
    (await once(renamed(watch, 'Reading documents'), 'vectors', plain<DenseRows>(), (part) =>
      sentenceFeatures(encoder, texts, part),
    ));
  switch (method) {
    case 'random':
      return kept(randomClustering(texts.length, k, seed));
    case 'kmeans': {
      const settings = { ...wordSettings(options), ...(balanced === true ? { capacity: 1 } : {}) };
      if (vectors !== undefined) return clusterVectors('sentence', vectors, settings, watch);
      if (embedding === 'hidden') {
        const tokens = corpus.train.map((document) => document.tokens);
        const rows = await once(renamed(watch, 'Reading documents'), 'vectors', plain<DenseRows>(), (part) =>
          hiddenFeatures(model, tokens, part),
        );
        return clusterVectors(embedding, rows, settings, watch);
      }
      return (await clusterByKmeans(texts, settings, renamed(watch, 'Splitting by k-means'))).clustering;
    }
    case 'unigram': {
      const part = renamed(watch, 'Splitting by unigram EM');
      const found = await clusterByUnigramEm(texts, { ...wordSettings(options), ...(vectors && { vectors }) }, part);
      const { rounds = [] } = found.clustering;
      const validationLoss = found.loss(corpus.validation.map(({ text }) => text));
      const told = rounds.map((round, i) => (i === rounds.length - 1 ? { ...round, validationLoss } : round));
      const settings = { ...found.clustering.settings, ...(vectors && { embedding: 'sentence' }) };
      return { ...found.clustering, settings, rounds: told, posteriors: found.posteriors };
    }
    case 'em':
      return clusterByPerplexity(model, corpus, options, vectors, watch);
    case 'llm':
      return clusterByGuide(texts, options, watch);
    case 'gold':
      return kept(goldClustering(corpus.train).clustering);
  }
}

async function clusterByGuide(texts: readonly string[], options: SplitOptions, watch: Watch): Promise<Found> {
  const { guided } = options;
  if (guided === undefined) throw new Error('the guided method needs a guide');
  const { guide, ...wishes } = guided;
  const settings = { groups: [], ...guidedDefaults(options.k, texts.length), ...wishes, ...wordSettings(options) };
  const { clustering, posteriors, unions, titles, ended, figures } = await guidedClustering(
    texts,
    guide,
    settings,
    watch,
  );
  const byNearness = unions.filter(({ by }) => by === 'nearness').length;
  const { kept, tokens, malformed, silent } = figures;
  const told = { ...clustering.settings, kept, tokens, malformed, silent, unions: unions.length, byNearness };
  return {
    ...clustering,
    settings: { ...told, ...(ended && { ended }) },
    ...(posteriors && { posteriors }),
    unions,
    titles,
  };
}

/** K-means on what a model makes of the documents. */
async function clusterVectors(
  embedding: Embedding,
  rows: DenseRows,
  { k, seed, groups = [], start, capacity }: SplitSettings & { readonly capacity?: number },
  watch: Watch,
): Promise<Found> {
  const started = performance.now();
  const limit = capacity === undefined ? {} : { capacity };
  const part = renamed(watch, 'Splitting by k-means');
  const { assignments } = await kmeans(rows, { k, seed, groups, ...limit, ...(start && { start }), watch: part });
  const settings = { embedding, dimensions: rows.width, ...limit };
  return { method: 'kmeans', k, seed, assignments, seconds: secondsSince(started), settings };
}

function wordSettings({ k, seed, groups = [], from }: SplitOptions): SplitSettings {
  return { k, seed, groups, ...(from && { start: from.assignments }) };
}

async function clusterByPerplexity(
  model: LanguageModel,
  corpus: TokenizedCorpus,
  options: SplitOptions,
  vectors: DenseRows | undefined,
  watch: Watch,
): Promise<Found> {
  const started = performance.now();
  const { k, seed, groups = [], em = {} } = options;
  const { proxyLayers, restarts = 1 } = options.perplexity ?? {};
  const proxy = proxyLayers === undefined ? model : model.firstLayers(proxyLayers);
  const texts = corpus.train.map(({ text }) => text);
  const beginning =
    options.perplexity?.start ?? (em.beta === 'literal' && options.from === undefined ? 'random' : 'unigram');
  const settings = { ...defaultPerplexityEm, ...em, k, groups };
  const tokens = (part: readonly TokenizedDocument[]): Int32Array[] => part.map((document) => document.tokens);
  const attempt = async (seed: number, part: Watch): Promise<PerplexityEmResult> => {
    const start = em.start ?? (await perplexityStart(beginning, texts, { ...options, seed }, vectors, part));
    const seeded = { ...settings, seed, ...(start === undefined ? {} : { start }) };
    return perplexityEm(proxy, tokens(corpus.train), tokens(corpus.validation), seeded, part);
  };
  let result = await once(watch, 'start 1', plain<PerplexityEmResult>(), (part) => attempt(seed, part));
  for (let run = 2; run <= restarts; run++) {
    watch.report({ stage: 'Starts', done: run - 1, total: restarts, unit: 'starts' });
    const other = seed + (run - 1) * seedsApart;
    const next = await once(watch, `start ${run}`, plain<PerplexityEmResult>(), (part) => attempt(other, part));
    if (next.loss < result.loss) result = next;
  }
  if (proxy !== model) await proxy.dispose();
  const { prefix, rounds, capacity, beta, learningRate, tokensPerRound, block } = settings;
  const optional = { ...(block && { block }), ...(proxyLayers && { proxyLayers }), ...(restarts > 1 && { restarts }) };
  const told = { start: beginning, ...(vectors && { embedding: 'sentence' }), loss: result.loss, ...optional };
  return {
    method: 'perplexity-em',
    k,
    seed,
    assignments: result.assignments,
    outliers: result.outliers,
    posteriors: Float32Array.from(result.posteriors),
    history: result.history,
    rounds: result.rounds,
    seconds: secondsSince(started),
    settings: {
      prefix,
      rounds,
      capacity,
      learningRate,
      tokensPerRound,
      beta: typeof beta === 'string' ? beta : beta.join(' to '),
      ...told,
    },
  };
}

/** The piles that the perplexity method begins with; undefined where they are random. */
async function perplexityStart(
  name: EmStart,
  texts: readonly string[],
  options: SplitOptions,
  vectors: DenseRows | undefined,
  watch: Watch,
): Promise<Start | undefined> {
  const settings = wordSettings(options);
  switch (name) {
    case 'random':
      return undefined;
    case 'kmeans': {
      const { clustering } = await clusterByKmeans(texts, settings, renamed(watch, 'K-means as the start'));
      return { assignments: clustering.assignments };
    }
    case 'unigram': {
      const part = renamed(watch, 'Unigram EM as the start');
      const how = { ...settings, ...(vectors && { vectors }) };
      const { clustering, posteriors } = await clusterByUnigramEm(texts, how, part);
      return { assignments: clustering.assignments, posteriors };
    }
  }
}

/** What people see of piles, named by their own words. */
export function summarisePiles(
  documents: readonly TokenizedDocument[],
  { assignments, k }: Pick<Clustering, 'assignments' | 'k'>,
): PileSummary[] {
  const texts = documents.map(({ text }) => text);
  const vocabulary = buildVocabulary(texts);
  const terms = characteristicTerms(countWords(texts, vocabulary), vocabulary, assignments, k);
  const sizes = new Array<number>(k).fill(0);
  for (const pile of assignments) sizes[pile]++;
  return terms.map((list, pile) => ({
    name: pileName(list),
    size: sizes[pile],
    terms: list.map(({ word }) => word),
  }));
}
