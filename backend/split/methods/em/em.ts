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
import type { LogBiasPiles } from './log-bias/run';
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
// Starts of log-bias experts go side by side and share what is read of the documents.
const biasStarts = 2;

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
    const { start: begin, told = {} }: Beginning =
      experts === undefined
        ? await starts[start](here, { vectors, values })
        : { start: await byTrainedExperts(here, experts, values.prefix) };
    const seeded = { ...settings, seed, ...(begin && { start: begin }) };
    const [documents, validation] = [tokens(corpus.train), tokens(corpus.validation)];
    const result = await computing.perplexityEm({ documents, validation, settings: seeded, proxyLayers }, part);
    return { ...result, told };
  };
  const { told: ofStart, ...result } = await withLeastLoss(attempt, { seed, restarts }, watch);
  return {
    assignments: result.assignments,
    outliers: result.outliers,
    posteriors: Float32Array.from(result.posteriors),
    history: result.history,
    rounds: result.rounds,
    settings: {
      ...told(settings),
      start: material.experts === undefined ? start : 'experts',
      ...ofStart,
      ...(material.vectors && { embedding: 'sentence' }),
      ...(proxyLayers && { proxyLayers }),
      ...(restarts > 1 && { restarts }),
      loss: result.loss,
    },
  };
}

type Attempt = (seed: number, watch: Watch) => Promise<Attempted>;
type Attempted = PerplexityEmResult & Pick<Beginning, 'told'>;

/** Of several runs from differing seeds the one whose experts predict the documents best that they did not learn from. */
async function withLeastLoss(
  attempt: Attempt,
  { seed, restarts }: { readonly seed: number; readonly restarts: number },
  watch: Watch,
): Promise<Attempted> {
  let best: Attempted | undefined;
  for (let run = 0; run < restarts; run++) {
    if (run > 0) watch.report({ stage: 'Starts', done: run, total: restarts, unit: 'starts' });
    const next = await once(watch, `start ${run + 1}`, plainCodec<Attempted>(), (part) =>
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

/** Where the rounds begin, and what is told of that. */
interface Beginning {
  readonly start?: Start;
  readonly told?: Found['settings'];
}

/** The piles that the rounds begin with; those of a beginning without a start are drawn. */
const starts: Readonly<Record<EmStart, (task: SplitTask, material: StartMaterial) => Promise<Beginning>>> = {
  random: () => Promise.resolve({}),
  kmeans: async (task) => {
    const { assignments } = await kmeansByWords(textsOf(task), byWords(task, 'K-means as the start'));
    return { start: { assignments } };
  },
  unigram: async (task, material) => ({ start: await unigramStart(task, material) }),
  bias: async (task, material) => {
    const { assignments, posteriors, gain, heldOut } = await biasPiles(task, material);
    return { start: { assignments, posteriors }, told: { startGain: gain, startGainHeldOut: heldOut } };
  },
  best: async (task, material) => {
    const words = await unigramStart(task, material);
    const bias = await biasPiles(task, material, [words.assignments]);
    const [ofWords] = bias.heldOutOfOthers;
    const wordsWin = ofWords > bias.heldOut;
    return {
      start: wordsWin ? words : { assignments: bias.assignments, posteriors: bias.posteriors },
      told: { start: wordsWin ? 'unigram' : 'bias', startGainHeldOut: bias.heldOut, startGainOfWords: ofWords },
    };
  },
};

interface StartMaterial {
  readonly vectors: DenseRows | undefined;
  readonly values: EmValues;
}

async function unigramStart(task: SplitTask, { vectors }: StartMaterial): Promise<Required<Start>> {
  const settings = { ...byWords(task, 'Unigram EM as the start'), ...(vectors && { vectors }) };
  const { assignments, posteriors } = await unigramByWords(textsOf(task), settings);
  return { assignments, posteriors };
}

/** Piles of log-bias experts, beside which piles of others are judged. */
function biasPiles(
  task: SplitTask,
  { values }: StartMaterial,
  others: readonly Int32Array[] = [],
): Promise<LogBiasPiles> {
  const { model, corpus, k, seed, groups, from, watch, computing = splitHere(model) } = task;
  const beginnings = (part: readonly TokenizedDocument[]): Int32Array[] =>
    part.map(({ tokens }) => tokens.subarray(0, values.prefix + 1));
  const settings = { k, seed, groups, starts: biasStarts, others, ...(from && { from: from.assignments }) };
  const [documents, validation] = [beginnings(corpus.train), beginnings(corpus.validation)];
  return once(watch, 'log-bias', plainCodec<LogBiasPiles>(), (part) =>
    computing.logBias({ documents, validation, settings, proxyLayers: values.proxyLayers }, part),
  );
}

async function byTrainedExperts(task: SplitTask, experts: BeginningExperts, prefix: number): Promise<Start> {
  const { assignments, posteriors } = await judgeByExperts(task, experts, prefix);
  return { assignments, posteriors: Float32Array.from(posteriors) };
}

const textsOf = ({ corpus }: SplitTask): string[] => corpus.train.map(({ text }) => text);

function byWords({ k, seed, groups, from, watch }: SplitTask, stage: string) {
  return { k, seed, groups, ...(from && { start: from.assignments }), watch: renamed(watch, stage) };
}
