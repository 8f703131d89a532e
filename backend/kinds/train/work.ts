import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { adaptedModules, AdapterStack } from '../../model/adapters/adapter';
import { saveAdapter } from '../../model/adapters/peft/save';
import { peftName } from '../../model-files/source';
import { defaultTraining } from '../../train/settings';
import { UserError } from '../../base/errors';
import { exists, isSystemError } from '../../base/files';
import type { Outcome } from '../../protocol/outcome';
import type { SplitRecord, ExpertSetRecord } from '../../protocol/records';
import { expertLetter } from '../../base/letter';
import type { EarlierSplit } from '../shared/inputs';
import type { TrainSpec } from './spec';
import type { TrainingSettings } from '../../train/settings';
import { pileTexts, readCorpus } from '../shared/corpus';
import { openModel } from '../shared/base-model';
import { figuresOfAdapters } from '../shared/experts';
import { declareInputs, type Job } from '../../engine/job';
import { withExecutor } from '../shared/executors';
import { putValue } from '../../engine/artifacts/values';
import { packTexts } from '../../engine/tasks/texts';
import { trainTask } from '../../engine/tasks/train';

/** Trains one expert per pile of a clustering: a task for an executor. */
export async function train(job: Job<TrainSpec, EarlierSplit>): Promise<Outcome> {
  const { spec, watch } = job;
  const { clustering, assignments } = job.inputs;
  const { documents, piles } = assignments;
  const { model, sha256 } = await openModel(spec.model, job);
  const { layers } = model.config;
  if (spec.layers !== undefined && spec.layers > layers) {
    throw new UserError(
      `The model has ${layers} layers, not ${spec.layers}.`,
      'Adapt so many or fewer, or leave --layers out.',
    );
  }
  await declareInputs(job, sha256);
  const members = new Set(documents);
  const { corpus } = await readCorpus(job, model, {
    train: (all) => all.filter(({ index }) => members.has(index)),
  });
  const texts = pileTexts(corpus.train, piles, clustering.k);

  const settings = trainingSettings(spec);
  const result = await withExecutor(job, { model, sha256 }, async (executor) => {
    const piled = await putValue(executor.artifacts, texts.map(packTexts));
    return executor.execute(trainTask, { model: sha256, piles: piled, tokens: spec.tokens, settings }, watch);
  });

  const stack = new AdapterStack(model.config, adaptedModules(model.config, settings.lora), clustering.k);
  stack.parameters.data.set(result.parameters);
  const shares = texts.map((pile) => pile.length / corpus.train.length);
  const experts = recordOfExperts(
    job,
    { clustering, shares, losses: result.losses, modelSha256: sha256 },
    spec,
    result.tokens,
  );
  return { result: experts.id, experts: await publishAdapters(job.project, experts, stack) };
}

export function trainingSettings({
  rank,
  layers,
  learningRate,
  seed,
}: Pick<TrainSpec, 'rank' | 'layers' | 'learningRate' | 'seed'>): TrainingSettings {
  const training = defaultTraining;
  const upper = layers === undefined ? {} : { layers };
  return { ...training, lora: { ...training.lora, rank, alpha: 2 * rank, ...upper }, learningRate, seed };
}

/** The record of a set of experts, in the order of their piles. */
export function recordOfExperts(
  job: Pick<Job, 'id' | 'suffix' | 'created'>,
  trained: {
    readonly clustering: SplitRecord;
    readonly shares: readonly number[];
    readonly losses?: Float64Array;
    readonly modelSha256: string;
  },
  spec: {
    readonly model: string;
    readonly seed: number;
    readonly rank: number;
    readonly learningRate: number;
    readonly name?: string | undefined;
  },
  tokens: number,
): ExpertSetRecord {
  const { clustering, shares, losses, modelSha256 } = trained;
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
    settings: { rank: spec.rank, learningRate: spec.learningRate },
    experts: clustering.piles.map(({ pile, name }) => {
      const loss = losses?.[pile];
      const known = loss !== undefined && Number.isFinite(loss) && shares[pile] > 0;
      return { letter: expertLetter(pile), name, pile, share: shares[pile], ...(known ? { loss } : {}) };
    }),
  };
}

/** Writes `experts/<id>/<letter>/`, whole or absent. Returns the record with what the adapters change. */
export async function publishAdapters(
  project: string,
  experts: ExpertSetRecord,
  stack: AdapterStack,
): Promise<ExpertSetRecord> {
  const folder = join(project, 'experts', experts.id);
  if (!(await exists(folder))) await writeAdapters(folder, experts, stack);
  const described = experts.experts.map(async (expert) => {
    return { ...expert, adapter: await figuresOfAdapters(stack, join(folder, expert.letter)) };
  });
  return { ...experts, experts: await Promise.all(described) };
}

async function writeAdapters(folder: string, experts: ExpertSetRecord, stack: AdapterStack): Promise<void> {
  // A name of its own: the process of an earlier attempt may still be at it.
  const making = `${folder}.${process.pid}.part`;
  await mkdir(making, { recursive: true });
  const base = await peftName(experts.model);
  for (const [i, { letter }] of experts.experts.entries()) await saveAdapter(stack, i, join(making, letter), base);
  try {
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) throw error;
  }
}
