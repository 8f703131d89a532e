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
import { responsibilities } from '../kmeans/responsibilities';
import type { SplitMethod, SplitTask, BeginningExperts } from '../split-method';
import { unigramByWords } from '../unigram/unigram';
import { estimate } from './estimate';
import type { PerplexityEmResult } from './em-state';
import { gainPerToken, isWorse, type PileGains } from './log-bias/gains';
import type { GradientPiles } from './gradients/run';
import type { LogBiasPiles } from './log-bias/run';
import { type PerplexityEmSettings, perplexitySettingsOf, type Start } from './perplexity-settings';
import {
  emData as data,
  type emSettings,
  type EmStart,
  type EmValues,
  type StartCompared,
  startGains,
  startsCompared,
} from './settings';
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
    return keepBetter(here, values, begin, { ...result, told });
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

/**
 * What the rounds found, or what they began with where a mixture of it makes held-out documents likelier than one of what they found: few
 * documents can teach experts the wrong thing.
 */
async function keepBetter(
  task: SplitTask,
  values: EmValues,
  start: Start | undefined,
  found: Attempted,
): Promise<Attempted> {
  if (start?.posteriors === undefined || values.literal || task.corpus.validation.length === 0) return found;
  const compared = await compare(task, values, [start.assignments, found.assignments]);
  if (!isWorse(compared, 0, 1)) return found;
  const { posteriors } = start;
  const gains = { keptStart: true, gainOfStart: gainPerToken(compared, 0), gainOfRounds: gainPerToken(compared, 1) };
  return {
    ...found,
    assignments: start.assignments,
    posteriors: Float64Array.from(posteriors),
    told: { ...found.told, ...gains },
  };
}

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
  kmeans: async (task) => ({ start: await kmeansStart(task) }),
  unigram: async (task, material) => ({ start: await unigramStart(task, material) }),
  bias: async (task, material) => {
    const { assignments, posteriors, gain } = await biasPiles(task, material.values);
    return { start: { assignments, posteriors }, told: { startGain: gain } };
  },
  gradients: async (task, material) => ({ start: await gradientPiles(task, material.values) }),
  best: async (task, material) => {
    const nothingHeldOut = task.corpus.validation.length === 0;
    const names = nothingHeldOut ? startsCompared.slice(0, 1) : startsCompared;
    const begun: Required<Start>[] = [];
    for (const name of names) begun.push(await compared[name](task, material));
    if (nothingHeldOut) return { start: begun[0], told: { start: names[0] } };
    const gains = await compare(
      task,
      material.values,
      begun.map(({ assignments }) => assignments),
    );
    const chosen = bestStart(gains);
    const perToken = names.map((name, i) => [startGains[name], gainPerToken(gains, i)] as const);
    return { start: begun[chosen], told: { start: names[chosen], ...Object.fromEntries(perToken) } };
  },
};

interface StartMaterial {
  readonly vectors: DenseRows | undefined;
  readonly values: EmValues;
}

/** What `best` chooses from, in the order of `startsCompared`. */
const compared: Readonly<
  Record<StartCompared, (task: SplitTask, material: StartMaterial) => Promise<Required<Start>>>
> = {
  unigram: unigramStart,
  kmeans: kmeansStart,
  bias: async (task, { values }) => {
    const { assignments, posteriors } = await biasPiles(task, values);
    return { assignments, posteriors };
  },
};

/**
 * The start whose mixture makes held-out documents likeliest. Words know all of a document, log-bias experts its beginning: words have
 * it where held-out documents are too few to tell.
 */
function bestStart(gains: PileGains): number {
  const all = startsCompared.map((name, i) => ({ name, i, gain: gainPerToken(gains, i) }));
  const byWords = all
    .filter(({ name }) => name !== 'bias')
    .reduce((best, next) => (next.gain > best.gain ? next : best));
  return all.find(({ name, i }) => name === 'bias' && isWorse(gains, i, byWords.i))?.i ?? byWords.i;
}

async function kmeansStart(task: SplitTask): Promise<Required<Start>> {
  const { rows, ...found } = await kmeansByWords(textsOf(task), byWords(task, 'K-means as the start'));
  return { assignments: found.assignments, posteriors: responsibilities(rows, found) };
}

async function unigramStart(task: SplitTask, { vectors }: StartMaterial): Promise<Required<Start>> {
  const settings = { ...byWords(task, 'Unigram EM as the start'), ...(vectors && { vectors }) };
  const { assignments, posteriors } = await unigramByWords(textsOf(task), settings);
  return { assignments, posteriors };
}

function biasPiles(task: SplitTask, values: EmValues): Promise<Required<Start> & LogBiasPiles> {
  const { model, corpus, k, seed, groups, from, watch, computing = splitHere(model) } = task;
  const settings = { k, seed, groups, starts: biasStarts, ...(from && { from: from.assignments }) };
  const documents = beginnings(corpus.train, values);
  return once(watch, 'log-bias', plainCodec<LogBiasPiles>(), (part) =>
    computing.logBias({ documents, settings, proxyLayers: values.proxyLayers }, part),
  );
}

function gradientPiles(task: SplitTask, values: EmValues): Promise<GradientPiles> {
  const { model, corpus, k, seed, groups, from, watch, computing = splitHere(model) } = task;
  const settings = { k, seed, groups, ...(from && { from: from.assignments }) };
  const documents = beginnings(corpus.train, values);
  return once(watch, 'by gradients', plainCodec<GradientPiles>(), (part) =>
    computing.gradients({ documents, settings, proxyLayers: values.proxyLayers }, part),
  );
}

/** What these divisions of the training documents are worth on held-out ones. */
function compare(task: SplitTask, values: EmValues, piles: readonly Int32Array[]): Promise<PileGains> {
  const { model, corpus, k, seed, watch, computing = splitHere(model) } = task;
  const [documents, validation] = [beginnings(corpus.train, values), beginnings(corpus.validation, values)];
  const settings = { k, seed, piles };
  return computing.comparePiles({ documents, validation, settings, proxyLayers: values.proxyLayers }, watch);
}

const beginnings = (part: readonly TokenizedDocument[], { prefix }: EmValues): Int32Array[] =>
  part.map(({ tokens }) => tokens.subarray(0, prefix + 1));

async function byTrainedExperts(task: SplitTask, experts: BeginningExperts, prefix: number): Promise<Start> {
  const { assignments, posteriors } = await judgeByExperts(task, experts, prefix);
  return { assignments, posteriors: Float32Array.from(posteriors) };
}

const textsOf = ({ corpus }: SplitTask): string[] => corpus.train.map(({ text }) => text);

function byWords({ k, seed, groups, from, watch }: SplitTask, stage: string) {
  return { k, seed, groups, ...(from && { start: from.assignments }), watch: renamed(watch, stage) };
}
