/** Perplexity EM from what it begins with to what is told of it: its start, its restarts, its proxy. */
import type { TokenizedCorpus, TokenizedDocument } from '../../../corpus/tokenized';
import type { LanguageModel } from '../../../model/language-model';
import { once, plain } from '../../../base/checkpoint';
import { renamed, type Watch } from '../../../base/progress';
import type { EmStart } from './settings';
import { secondsSince } from '../../clustering';
import type { DenseRows } from '../../features/dense';
import { clusterByKmeans, clusterByUnigramEm } from '../../word-methods';
import type { PerplexityEmResult } from './em-state';
import { perplexityEm } from './perplexity-em';
import { defaultPerplexityEm, type PerplexityEmSettings, type Start } from './perplexity-settings';
import { type Found, type SplitOptions, wordSettings } from '../../split-options';
import { judgeByExperts } from './trained-experts';

// Starts of one split must not be those of the next seed.
const seedsApart = 1_000_003;

/** Splits by perplexity EM. */
export async function clusterByPerplexity(
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
  const beginning = beginningOf(options);
  const settings = { ...defaultPerplexityEm, ...em, k, groups };
  const tokens = (part: readonly TokenizedDocument[]): Int32Array[] => part.map((document) => document.tokens);
  const attempt: Attempt = async (seed, part) => {
    const material = { model, corpus, vectors };
    const start = em.start ?? (await perplexityStart(beginning, material, { ...options, seed }, part));
    const seeded = { ...settings, seed, ...(start && { start }) };
    return perplexityEm(proxy, tokens(corpus.train), tokens(corpus.validation), seeded, part);
  };
  const result = await withLeastLoss(attempt, { seed, restarts }, watch);
  if (proxy !== model) await proxy.dispose();
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
      ...told(settings),
      start: beginning,
      ...(vectors && { embedding: 'sentence' }),
      ...(proxyLayers && { proxyLayers }),
      ...(restarts > 1 && { restarts }),
      loss: result.loss,
    },
  };
}

type Attempt = (seed: number, watch: Watch) => Promise<PerplexityEmResult>;

/** Of several runs from differing seeds the one whose experts predict the documents best that they did not learn from. */
async function withLeastLoss(
  attempt: Attempt,
  { seed, restarts }: { readonly seed: number; readonly restarts: number },
  watch: Watch,
): Promise<PerplexityEmResult> {
  let best: PerplexityEmResult | undefined;
  for (let run = 0; run < restarts; run++) {
    if (run > 0) watch.report({ stage: 'Starts', done: run, total: restarts, unit: 'starts' });
    const next = await once(watch, `start ${run + 1}`, plain<PerplexityEmResult>(), (part) =>
      attempt(seed + run * seedsApart, part),
    );
    if (best === undefined || next.loss < best.loss) best = next;
  }
  if (best === undefined) throw new RangeError(`${restarts} starts: at least 1 is needed.`);
  return best;
}

/** For the record. */
function told({
  prefix,
  rounds,
  capacity,
  beta,
  learningRate,
  tokensPerRound,
  block,
}: Omit<PerplexityEmSettings, 'seed'>): Found['settings'] {
  const schedule = typeof beta === 'string' ? beta : beta.join(' to ');
  return { prefix, rounds, capacity, beta: schedule, learningRate, tokensPerRound, ...(block && { block }) };
}

type Beginning = EmStart | 'experts';

function beginningOf({ perplexity, experts, em, from }: SplitOptions): Beginning {
  if (experts !== undefined) return 'experts';
  return perplexity?.start ?? (em?.beta === 'literal' && from === undefined ? 'random' : 'unigram');
}

interface Material {
  readonly model: LanguageModel;
  readonly corpus: TokenizedCorpus;
  readonly vectors: DenseRows | undefined;
}

/** The piles that the perplexity method begins with; undefined where they are random. */
async function perplexityStart(
  name: Beginning,
  { model, corpus, vectors }: Material,
  options: SplitOptions,
  watch: Watch,
): Promise<Start | undefined> {
  const settings = wordSettings(options);
  const texts = corpus.train.map(({ text }) => text);
  switch (name) {
    case 'random':
      return undefined;
    case 'experts': {
      const { assignments, posteriors } = await judgeByExperts(model, corpus, options, watch);
      return { assignments, posteriors: Float32Array.from(posteriors) };
    }
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
