/** What a run will take: its work in tokens, from its settings and a sample of its documents, and how fast each kind of work goes. */
import { type PerplexityEmSettings, perplexitySettingsOf } from '../../split/methods/em/perplexity-settings';
import { defaultMixer } from '../../mixing/mixer';
import { quickJob, trainingDefaults } from '../../evaluate/defaults';
import { mixerContext } from '../../evaluate/systems';
import type { LanguageModel } from '../../model/language-model';
import type { SentenceEncoder } from '../../model/sentence-encoder';
import { guideBudget } from '../../split/methods/guided/settings';
import type { Dataset, ExpertSet } from '../../protocol/records';
import type { CompareSpec, ComputingSpec, RunCost, SplitSpec } from '../../protocol/run';
import type { IndexedDocument } from '../../store/documents';
import type { RunInputs } from '../../engine/run-files';
import { peakMemory } from '../../engine/child';
import { frozenMemory } from '../../train/trainer';
import { required } from '../../engine/job';
import { Probe, type StepShape } from './speed-probe';
import { trainingSettings } from '../train/work';

/** How long the documents are, from a sample of them. */
export interface Lengths {
  /** Mean tokens of a document, cut at `limit`. */
  readonly mean: (limit: number) => number;
  /** Seconds to tokenise one document. */
  readonly tokenizing: number;
  /** Seconds to read one with the sentence encoder, where one is asked for. */
  readonly encoding: number;
}

export async function measureLengths(
  documents: readonly IndexedDocument[],
  model: LanguageModel,
  encoder: SentenceEncoder | undefined,
): Promise<Lengths> {
  const started = performance.now();
  const lengths = documents.map(({ text }) => model.tokenizer.encode(text).length - 1);
  const tokenizing = (performance.now() - started) / 1000 / Math.max(1, documents.length);
  const mean = (limit: number): number =>
    lengths.reduce((sum, length) => sum + Math.min(limit, length), 0) / Math.max(1, lengths.length);
  if (encoder === undefined) return { mean, tokenizing, encoding: 0 };
  const begun = performance.now();
  await encoder.encode(documents.map(({ text }) => text));
  return { mean, tokenizing, encoding: (performance.now() - begun) / 1000 / Math.max(1, documents.length) };
}

/** Sums up pieces of work. */
class Work {
  tokens = 0;
  seconds = 0;
  /** MiB that are kept beside what a step takes. */
  kept = 0;

  constructor(private readonly probe: Probe) {}

  async train(tokens: number, shape: StepShape): Promise<void> {
    this.add(tokens, await this.probe.training(shape));
  }

  async score(tokens: number, k: number, shape: Pick<StepShape, 'lora'>, length: number): Promise<void> {
    this.add(tokens, await this.probe.scoring(k, shape.lora, Math.max(8, Math.round(length))));
  }

  private add(tokens: number, rate: number): void {
    this.tokens += tokens;
    this.seconds += tokens / rate;
  }
}

/** Estimates a run that computes with a model. */
export async function estimateRun(
  spec: ComputingSpec,
  inputs: RunInputs,
  model: LanguageModel,
  lengths: Lengths,
): Promise<RunCost> {
  const probe = new Probe(model);
  const work = new Work(probe);
  const dataset = required(inputs.dataset, 'dataset');
  const { hiddenSize } = model.config;
  const documents = await addWork(work, spec, { inputs, dataset, lengths, hiddenSize });
  const reading = documents * lengths.tokenizing + dataset.documents.train * lengths.encoding;
  const seconds = work.seconds + probe.building + reading + startup;
  // Tasks are done by a worker beside the run's own process.
  const beside = spec.kind === 'train' || spec.kind === 'evaluate' ? unloaded : 0;
  return { tokens: Math.round(work.tokens), seconds, memory: peakMemory() + work.kept + beside };
}

/** MiB of a process that has loaded its libraries and no model. */
const unloaded = peakMemory();
// Seconds until a process of a run has loaded its libraries.
const startup = 1;

interface Corpus {
  readonly inputs: RunInputs;
  readonly dataset: Dataset;
  readonly lengths: Lengths;
  readonly hiddenSize: number;
}

/** Adds what the run computes; returns how many documents it reads. */
async function addWork(
  work: Work,
  spec: ComputingSpec,
  { inputs, dataset, lengths, hiddenSize }: Corpus,
): Promise<number> {
  const { train, validation, test } = dataset.documents;
  switch (spec.kind) {
    case 'split':
      if (spec.method === 'em') await addPerplexitySplit(work, spec, { train, validation }, { inputs, lengths });
      if (spec.quickTokens !== undefined) {
        const { training } = trainingDefaults;
        const one = { k: 1, lora: training.lora, rows: training.rows, context: training.context };
        const length = lengths.mean(Infinity);
        await work.train(spec.quickTokens * (1 + training.seedShare), one);
        await work.train(2 * spec.quickTokens * (1 - training.seedShare), { ...one, k: spec.k });
        await work.score(2 * validation * length * spec.k, spec.k, one, Math.min(256, length));
      }
      if (spec.embedding === 'hidden') {
        const length = lengths.mean(128);
        await work.score(train * length, 0, { lora: trainingDefaults.training.lora }, length);
      }
      if (spec.method === 'llm') await addGuidance(work, spec, train);
      return train + validation;
    case 'train': {
      const { k } = required(inputs.clustering, 'clustering');
      await addTraining(work, spec.tokens, k, trainingSettings(spec));
      if (spec.layers !== undefined) work.kept = frozenMemory(train * lengths.mean(Infinity), hiddenSize);
      return train;
    }
    case 'mix': {
      const { experts, rank } = shapeOf(required(inputs.experts, 'experts'));
      const k = experts.length;
      const read = Math.min(train, defaultMixer.positions / 32) + validation;
      const length = lengths.mean(mixerContext);
      await work.score(read * length * k, k, { lora: loraOf(rank) }, length);
      return train + validation;
    }
    case 'evaluate': {
      const { experts, rank } = shapeOf(required(inputs.experts, 'experts'));
      const read = Math.min(test, spec.documents ?? test);
      const shape = { lora: loraOf(rank) };
      const length = lengths.mean(Infinity);
      await work.score(read * length, 0, shape, Math.min(256, length));
      await work.score(read * length * experts.length, experts.length, shape, Math.min(256, length));
      return read;
    }
    case 'compare':
      return addComparison(work, spec, dataset, lengths);
  }
}

async function addPerplexitySplit(
  work: Work,
  spec: SplitSpec,
  side: { readonly train: number; readonly validation: number },
  { inputs, lengths }: Pick<Corpus, 'inputs' | 'lengths'>,
): Promise<void> {
  const settings = emWork(spec);
  if (inputs.experts !== undefined) {
    const { experts, rank } = shapeOf(inputs.experts);
    const length = lengths.mean(settings.prefix);
    const shape = { lora: loraOf(rank) };
    await work.score(side.train * length * experts.length, experts.length, shape, length);
    if (spec.keep === true) return work.score(side.train * length, 0, shape, length);
  }
  for (let start = 0; start < (spec.restarts ?? 1); start++) await addSplit(work, settings, side, lengths);
}

/** After unigram EM few documents move, and one round is all. */
function emWork(spec: SplitSpec): PerplexityEmSettings {
  const settings = { ...perplexitySettingsOf(spec), k: spec.k, seed: spec.seed };
  const byWords = (spec.start ?? 'unigram') === 'unigram' && spec.experts === undefined;
  return byWords && !spec.literal ? { ...settings, rounds: 1 } : settings;
}

async function addComparison(work: Work, spec: CompareSpec, dataset: Dataset, lengths: Lengths): Promise<number> {
  const read = (side: 'train' | 'validation' | 'test'): number => Math.min(spec[side], dataset.documents[side]);
  const { prefix, rounds, emTokens, k, tokens, learningRate } = spec;
  const em = { ...quickJob.em, prefix, rounds, tokensPerRound: emTokens, commonTokens: 2.5 * emTokens, k, seed: 1 };
  const training = { ...quickJob.training, learningRate };
  const one = { k: 1, lora: training.lora, rows: training.rows, context: training.context };
  const side = { train: read('train'), validation: read('validation') };
  const methods = dataset.domains.length > 0 ? 5 : 4;
  for (let i = 0; i < spec.seeds.length; i++) {
    await addSplit(work, em, side, lengths);
    await work.train(tokens * (1 + training.seedShare), one);
    await work.train(methods * tokens * (1 - training.seedShare), { ...one, k });
    const length = lengths.mean(Infinity);
    await work.score(read('test') * length * k * (methods + 1), k, one, Math.min(256, length));
  }
  return side.train + side.validation + read('test');
}

async function addSplit(
  work: Work,
  em: PerplexityEmSettings,
  { train, validation }: { readonly train: number; readonly validation: number },
  lengths: Lengths,
): Promise<void> {
  const { k, folds, lora, prefix, rounds, tokensPerRound, commonTokens } = em;
  const length = lengths.mean(prefix);
  const all = 3 * train * length;
  if (commonTokens > 0) await work.train(Math.min(commonTokens, all), { k: 1, lora, rows: 1, context: prefix });
  const learned = Math.min(tokensPerRound * k, all) * rounds;
  await work.train(learned, { k: k * folds, lora, rows: 4, context: prefix });
  await work.score((train + validation) * length * k * rounds, k, { lora }, length);
  await work.score(train * length, 0, { lora }, length);
}

/** By likelihood, which alone computes here: a question is a few documents after each of a few others. */
async function addGuidance(work: Work, spec: SplitSpec, train: number): Promise<void> {
  const { microClusters, queries } = guideBudget(spec.k, train, spec);
  const asked = Math.min(queries, questionsPerCluster * (microClusters === 0 ? train : microClusters));
  await work.score(asked * tokensPerQuestion, 0, { lora: trainingDefaults.training.lora }, 128);
}

/** Measured on 4,506 documents in six domains. */
const [questionsPerCluster, tokensPerQuestion] = [4, 4200];

async function addTraining(
  work: Work,
  tokens: number,
  k: number,
  { lora, rows, context, seedShare }: ReturnType<typeof trainingSettings>,
): Promise<void> {
  await work.train(tokens * seedShare, { k: 1, lora, rows, context });
  await work.train(tokens * (1 - seedShare), { k, lora, rows, context });
}

/** The rank that a set of experts computes with: the highest of its adapters. */
function shapeOf({ experts, settings }: ExpertSet): { readonly experts: ExpertSet['experts']; readonly rank: unknown } {
  const ranks = experts.flatMap(({ adapter }) => adapter?.ranks ?? []);
  return { experts, rank: ranks.length > 0 ? Math.max(...ranks) : settings.rank };
}

function loraOf(rank: unknown): StepShape['lora'] {
  const { lora } = trainingDefaults.training;
  return typeof rank === 'number' ? { ...lora, rank, alpha: 2 * rank } : lora;
}
