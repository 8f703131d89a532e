import { decimal, formatNumber } from '../../base/format';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingText } from '../../train/batches';
import { type ExpertSettings, saveExpert } from '../../model/experts/forms';
import type { ExpertStack } from '../../model/experts/stack';
import type { ModelConfig } from '../../model/architectures/config';
import { peftName } from '../../model-files/source';
import { livingPiles } from '../../split/living-piles';
import { requireMemory } from '../../train/memory';
import { defaultTraining, type TrainingSettings } from '../../train/settings';
import { usualLearningRate } from '../../train/usual-rate';
import type { ValidationFigures } from '../../train/validation';
import { UserError } from '../../base/errors';
import { exists, isSystemError } from '../../base/files';
import type { Outcome } from '../../protocol/outcome';
import type { SplitRecord, ExpertSetRecord } from '../../protocol/records';
import { expertLetter } from '../../base/letter';
import type { EarlierSplit } from '../shared/inputs';
import { type LearnedTexts, learnedTexts } from '../shared/conversations';
import type { TrainSpec } from './spec';
import { pileTexts, readCorpus, sample } from '../shared/corpus';
import { evaluationSteps, validationDocuments, validationTexts } from '../shared/held-out';
import { usualTraining } from '../../base/defaults';
import { loraOf, requireLayers } from '../shared/adapters';
import { openModel } from '../shared/base-model';
import { figuresOf } from '../shared/experts';
import { declareInputs, type Job } from '../../engine/job';
import { withExecutor } from '../shared/executors';
import { putValue } from '../../engine/artifacts/values';
import { getStack } from '../../engine/tasks/perform/stack';
import { packTexts, packTrainingTexts } from '../../engine/tasks/texts';
import type { TrainOutput } from '../../engine/tasks/train';
import { trainByTasks } from '../shared/training';

/** Trains one expert per pile of a split that has texts: a task for an executor. */
export async function train(job: Job<TrainSpec, EarlierSplit>): Promise<Outcome> {
  const { spec, watch } = job;
  const { clustering, assignments } = job.inputs;
  const { documents, piles } = assignments;
  const { model, sha256 } = await openModel(spec.model, job);
  requireLayers(spec, model.config);
  await declareInputs(job, sha256);
  const members = new Set(documents);
  const { corpus } = await readCorpus(job, model, {
    train: (all) => all.filter(({ index }) => members.has(index)),
    validation: sample(validationDocuments),
  });
  const settings = trainingSettings(spec, model.config);
  const learned = learnedTexts(corpus.train, model, { ...settings, lossOn: spec.lossOn });
  const living = livingPiles(
    piles,
    clustering.k,
    learned.texts.map(({ tokens }) => tokens),
  );
  const k = living.piles.length;
  if (k === 0) throw nothingToLearn(clustering, learned, settings);
  const texts = pileTexts(learned.texts, living.experts, k);
  const together = { k, accumulates: settings.accumulation > 1, keepsBest: spec.patience !== undefined };
  requireMemory(model.config, settings.expert, together);
  const tokens =
    spec.epochs === undefined ? spec.tokens : Math.round(spec.epochs * learnedTokens(learned.texts, settings));
  const heldOut = validationTexts(corpus, living.experts, k);
  const { executed, artifacts } = await withExecutor(job, { model, sha256 }, async (executor) => {
    const { artifacts } = executor;
    const validation = heldOut && {
      piles: await putValue(artifacts, heldOut.map(packTexts)),
      every: spec.evalSteps ?? evaluationSteps(tokens, k, settings),
      patience: spec.patience,
    };
    const taught = texts.map((pile) => pile.filter(({ tokens }) => tokens.length > 0));
    const packed = await putValue(artifacts, taught.map(packTrainingTexts));
    const letters = living.piles.map(expertLetter);
    const input = { model: sha256, piles: packed, letters, tokens, settings, validation, searchRate: spec.searchRate };
    return { executed: await trainByTasks(executor, input, model.config, watch), artifacts };
  });
  // The worker has ended: what it held is free before the experts are read.
  const { experts: stacked, ...result } = executed;
  const stack = await getStack(artifacts, stacked, model.config);

  const shares = texts.map((pile) => pile.length / corpus.train.length);
  const { losses, validation, learningRate } = result;
  const happened = whatHappened(result, settings, learned);
  const { expert } = settings;
  const trained = {
    clustering,
    piles: living.piles,
    shares,
    losses,
    validation,
    happened,
    expert,
    modelSha256: sha256,
  };
  const experts = recordOfExperts(job, trained, { ...spec, learningRate }, result.tokens);
  return { result: experts.id, experts: await publishExperts(job.project, experts, stack, model.folder) };
}

function nothingToLearn(
  { name }: SplitRecord,
  { withoutAnswer }: LearnedTexts,
  { documentTokens }: TrainingSettings,
): UserError {
  if (withoutAnswer === 0)
    return new UserError(`The piles of ${name} have no texts.`, 'Split a dataset that has some.');
  return new UserError(
    `No conversation of ${name} has an answer within ${formatNumber(documentTokens, 'token')}.`,
    'Allow more {documentTokens}, or learn all that is said: {lossOn} all.',
  );
}

export function trainingSettings(spec: TrainSpec, config: ModelConfig): TrainingSettings {
  const { dropout, context, documentTokens } = spec;
  const expert = spec.adapter === 'full' ? 'full' : loraOf(spec);
  return {
    ...defaultTraining,
    expert,
    ...(dropout !== undefined && { dropout }),
    optimizer: { ...defaultTraining.optimizer, weightDecay: spec.weightDecay, clipNorm: spec.maxGradNorm },
    learningRate: spec.learningRate ?? usualLearningRate(config, expert),
    schedule: spec.schedule,
    warmup: spec.warmup,
    rows: spec.batchSize,
    accumulation: spec.gradientAccumulation,
    context,
    packing: spec.packing === 'on',
    documentTokens: documentTokens ?? usualTraining.documentContexts * context,
    seed: spec.seed,
  };
}

/** Tokens of the texts that are learned from in one epoch. */
function learnedTokens(texts: readonly TrainingText[], { documentTokens }: TrainingSettings): number {
  return texts.reduce((sum, { tokens }) => sum + Math.min(tokens.length, documentTokens + 1), 0);
}

/** What a training did that nobody had asked for in so many words, for the record (`protocol/expert-warnings.ts` tells it). */
function whatHappened(
  { learningRate, tried }: Pick<TrainOutput, 'learningRate' | 'tried'>,
  settings: TrainingSettings,
  { conversations, refused, withoutAnswer }: LearnedTexts,
): ExpertSetRecord['settings'] {
  const asked = tried?.[0].rate ?? settings.learningRate;
  return {
    ...(asked !== learningRate && { askedLearningRate: asked }),
    ...(tried && {
      triedLearningRates: tried.map(({ rate, loss }) => `${decimal(rate)}: ${loss.toFixed(3)}`).join(', '),
    }),
    ...(conversations > 0 && { conversations, plainConversations: refused }),
    ...(withoutAnswer > 0 && { conversationsLeftOut: withoutAnswer, documentTokens: settings.documentTokens }),
  };
}

/** The record of a set of experts, in the order of their piles and with their letters; empty piles have none. */
export function recordOfExperts(
  job: Pick<Job, 'id' | 'suffix' | 'created'>,
  trained: {
    readonly clustering: SplitRecord;
    /** The number of each expert's pile, and the share of the training documents there. */
    readonly piles: readonly number[];
    readonly shares: readonly number[];
    readonly losses?: Float64Array;
    readonly validation?: ValidationFigures | undefined;
    /** Further figures for the record. */
    readonly happened?: ExpertSetRecord['settings'];
    readonly expert: ExpertSettings;
    readonly modelSha256: string;
  },
  spec: {
    readonly model: string;
    readonly seed: number;
    readonly learningRate: number;
    readonly name?: string | undefined;
  },
  tokens: number,
): ExpertSetRecord {
  const { clustering, piles, shares, losses, validation, happened, expert, modelSha256 } = trained;
  return {
    id: `experts-${job.suffix}`,
    name: spec.name ?? `Experts of ${clustering.name}`,
    created: job.created,
    clustering: clustering.id,
    run: job.id,
    model: spec.model,
    modelSha256,
    tokens,
    seed: spec.seed,
    settings: {
      ...(expert === 'full' ? { adapter: expert } : { rank: expert.rank }),
      learningRate: spec.learningRate,
      ...happened,
    },
    experts: piles.map((pile, e) => {
      const loss = losses?.[e];
      const known = loss !== undefined && Number.isFinite(loss);
      const heldOut = validation && { loss: validation.experts[e], base: validation.base[e] };
      return {
        letter: expertLetter(pile),
        name: clustering.piles[pile].name,
        pile,
        share: shares[e],
        ...(known && { loss }),
        ...(heldOut && !Number.isNaN(heldOut.loss) && { validation: heldOut }),
      };
    }),
  };
}

/** Writes `experts/<id>/<letter>/`, whole or absent. Returns the record with what is each expert's own. */
export async function publishExperts(
  project: string,
  experts: ExpertSetRecord,
  stack: ExpertStack,
  base: string,
): Promise<ExpertSetRecord> {
  const folder = join(project, 'experts', experts.id);
  if (!(await exists(folder))) await writeExperts(folder, experts, stack, base);
  const described = experts.experts.map(async (expert, e) => {
    return { ...expert, adapter: await figuresOf(stack, e, join(folder, expert.letter)) };
  });
  return { ...experts, experts: await Promise.all(described) };
}

async function writeExperts(folder: string, experts: ExpertSetRecord, stack: ExpertStack, base: string): Promise<void> {
  // A name of its own: the process of an earlier attempt may still be at it.
  const making = `${folder}.${process.pid}.part`;
  await mkdir(making, { recursive: true });
  const named = { folder: base, name: await peftName(experts.model) };
  for (const [i, { letter }] of experts.experts.entries()) await saveExpert(stack, i, join(making, letter), named);
  try {
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) throw error;
  }
}
