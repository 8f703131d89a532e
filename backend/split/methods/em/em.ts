/** Perplexity EM from what it begins with to what is told of it: its start, its restarts, its proxy. */
import { once, plainCodec } from '../../../base/checkpoint';
import { renamed, type Watch } from '../../../base/progress';
import type { TokenizedDocument } from '../../../corpus/tokenized';
import { requireMemory } from '../../../train/memory';
import type { DenseRows } from '../../features/dense';
import { splitHere } from '../../computing';
import { sentenceVectors } from '../../features/sentence-features';
import type { Found } from '../../result';
import { kmeansByWords } from '../kmeans/kmeans';
import type { SplitMethod, SplitTask, BeginningExperts } from '../split-method';
import { unigramByWords } from '../unigram/unigram';
import { estimate } from './estimate';
import type { PerplexityEmResult } from './em-state';
import { type PerplexityEmSettings, perplexitySettingsOf, type Start } from './perplexity-settings';
import { emData as data, type emSettings, type EmStart, type EmValues } from './settings';
import { judgeByExperts, splitByExperts } from './trained-experts';

/**
 * Monte-Carlo EM over experts that start from one base model, balanced and annealed after SMALLTALK (Filippova et al. 2024); with
 * trained experts that are kept, one pass of them over the documents.
 */
export const em: SplitMethod<typeof emSettings> = { ...data, run, estimate };

// Starts of one split must not be those of the next seed.
const seedsApart = 1_000_003;

async function run(task: SplitTask, values: EmValues): Promise<Found> {
  const experts = values.experts === undefined ? undefined : await task.open.experts(values.experts);
  if (experts?.keep === true) return splitByExperts(task, experts, values.prefix);
  const vectors = await sentenceVectors(task, values);
  const found = await byPerplexity(task, values, { experts, vectors });
  return { ...found, ...(experts && { titles: experts.names }) };
}

/** What the piles may begin with, beside the documents. */
interface Material {
  readonly experts: BeginningExperts | undefined;
  readonly vectors: DenseRows | undefined;
}

async function byPerplexity(task: SplitTask, values: EmValues, material: Material): Promise<Found> {
  const { model, corpus, k, seed, groups, from, watch, computing = splitHere(model) } = task;
  const { proxyLayers, restarts = data.settings.restarts.usual() } = values;
  const start = values.start ?? data.settings.start.usual({ ...values, ...(from && { from }) });
  const settings = { ...perplexitySettingsOf(values), k, groups };
  requireMemory(model.config, settings.expert, { k: settings.folds * k });
  const tokens = (part: readonly TokenizedDocument[]): Int32Array[] => part.map((document) => document.tokens);
  const attempt: Attempt = async (seed, part) => {
    const here = { ...task, seed, watch: part };
    const { experts, vectors } = material;
    const begin =
      experts === undefined ? await starts[start](here, vectors) : await byTrainedExperts(here, experts, values.prefix);
    const seeded = { ...settings, seed, ...(begin && { start: begin }) };
    const [documents, validation] = [tokens(corpus.train), tokens(corpus.validation)];
    return computing.perplexityEm({ documents, validation, settings: seeded, proxyLayers }, part);
  };
  const result = await withLeastLoss(attempt, { seed, restarts }, watch);
  return {
    assignments: result.assignments,
    outliers: result.outliers,
    posteriors: Float32Array.from(result.posteriors),
    history: result.history,
    rounds: result.rounds,
    settings: {
      ...told(settings),
      start: material.experts === undefined ? start : 'experts',
      ...(material.vectors && { embedding: 'sentence' }),
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
    const next = await once(watch, `start ${run + 1}`, plainCodec<PerplexityEmResult>(), (part) =>
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
  expert,
}: Omit<PerplexityEmSettings, 'seed'>): Found['settings'] {
  const schedule = typeof beta === 'string' ? beta : beta.join(' to ');
  return {
    prefix,
    rounds,
    capacity,
    beta: schedule,
    learningRate,
    tokensPerRound,
    ...(block && { block }),
    ...(expert === 'full' && { adapter: expert }),
  };
}

/** The piles that the rounds begin with; undefined where they are drawn. */
const starts: Readonly<
  Record<EmStart, (task: SplitTask, vectors: DenseRows | undefined) => Promise<Start | undefined>>
> = {
  random: () => Promise.resolve(undefined),
  kmeans: async (task) => {
    const { assignments } = await kmeansByWords(textsOf(task), byWords(task, 'K-means as the start'));
    return { assignments };
  },
  unigram: async (task, vectors) => {
    const settings = { ...byWords(task, 'Unigram EM as the start'), ...(vectors && { vectors }) };
    const { assignments, posteriors } = await unigramByWords(textsOf(task), settings);
    return { assignments, posteriors };
  },
};

async function byTrainedExperts(task: SplitTask, experts: BeginningExperts, prefix: number): Promise<Start> {
  const { assignments, posteriors } = await judgeByExperts(task, experts, prefix);
  return { assignments, posteriors: Float32Array.from(posteriors) };
}

const textsOf = ({ corpus }: SplitTask): string[] => corpus.train.map(({ text }) => text);

function byWords({ k, seed, groups, from, watch }: SplitTask, stage: string) {
  return { k, seed, groups, ...(from && { start: from.assignments }), watch: renamed(watch, stage) };
}
