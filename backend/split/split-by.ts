/** Every splitting method by its name, with what people see of the piles. */
import type { TokenizedCorpus, TokenizedDocument } from '../corpus/tokenized';
import type { LanguageModel } from '../model/language-model';
import { once, plain } from '../base/checkpoint';
import { renamed, type Watch } from '../base/progress';
import type { SplitMethod } from '../protocol/report';
import type { Embedding } from './features/settings';
import { type Clustering, goldClustering, randomClustering, requireDocuments, secondsSince } from './clustering';
import { keepingTo } from './constraints/balance';
import { clusterByPerplexity } from './methods/em/by-perplexity';
import { guidedClustering } from './methods/guided/guided';
import { guidedDefaults } from './methods/guided/guided-settings';
import type { DenseRows } from './features/dense';
import { hiddenFeatures } from './features/hidden-features';
import { kmeans } from './methods/kmeans/kmeans';
import { clusterByKmeans, clusterByUnigramEm, type SplitSettings } from './word-methods';
import { sentenceFeatures } from './features/sentence-features';
import { type Found, type PileSummary, type SplitOptions, type SplitResult, wordSettings } from './split-options';
import { clusterByExperts } from './methods/em/trained-experts';
import { characteristicTerms, pileName } from './describe/terms';
import { buildVocabulary, countWords } from './features/word-counts';

/** Splits the training documents. Throws UserError where the documents do not suffice for k piles. */
export async function splitBy(
  method: SplitMethod,
  model: LanguageModel,
  corpus: TokenizedCorpus,
  options: SplitOptions,
  watch: Watch,
): Promise<SplitResult> {
  const documents = corpus.train;
  const { k, groups = [], from, experts } = options;
  requireDocuments(documents.length, k);
  // Wishes that no piles can fulfil are refused before hours of work.
  keepingTo(groups, new Int32Array(documents.length).fill(-1), k);
  const { titles, ...clustering } = await cluster(method, model, corpus, options, watch);
  const piles = summarisePiles(documents, clustering);
  return {
    ...clustering,
    piles: piles.map((pile, i) => ({ ...pile, name: (from ?? experts)?.names[i] ?? titles?.[i] ?? pile.name })),
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
      return options.experts?.keep === true
        ? clusterByExperts(model, corpus, options, watch)
        : clusterByPerplexity(model, corpus, options, vectors, watch);
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
