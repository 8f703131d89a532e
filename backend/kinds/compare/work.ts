import { join } from 'node:path';
import { groupsOf } from '../../split/constraints/constraints';
import { commonTokensFor } from '../../split/methods/em/settings';
import { methodLabel } from '../../split/methods/settings';
import { methodTable } from '../../split/methods/table';
import { spaceFile, writeSpace } from '../../split/space';
import type { TokenizedCorpus } from '../../corpus/tokenized';
import { compareSystems, type ComparisonSettings, type ComparisonTables } from '../../evaluate/compare';
import type { ModelConfig } from '../../model/architectures/config';
import { perplexitySettingsOf } from '../../split/methods/em/perplexity-settings';
import { requireMemory } from '../../train/memory';
import { defaultTraining } from '../../train/settings';
import { usualLearningRate } from '../../train/usual-rate';
import { type ComparisonPlan, comparisonOf } from '../../evaluate/plan';
import { goldDomains, makeReport } from '../../evaluate/report';
import { renderReport } from '../../evaluate/report-page';
import { requireTestDocuments } from '../../evaluate/statistics';
import { filesOf, writeWhole } from '../../base/files';
import { openWeighting, weightings } from '../../mixing/weightings';
import type { Outcome } from '../../protocol/outcome';
import { showAtWork } from './work-shown';
import type { CompareInputs } from './inputs';
import type { CompareSpec } from './spec';
import { version } from '../../base/version';
import { readCorpus, sample } from '../shared/corpus';
import { openModel } from '../shared/base-model';
import { loraOf, requireLayers } from '../shared/adapters';
import { computeByTasks } from '../shared/computing';
import { withExecutor } from '../shared/executors';
import { declareInputs, type Job } from '../../engine/job';
import { recordOfMixer } from '../mix/work';
import { recordOfSplit, rowsOfSplit } from '../split/work';
import { recordOfExperts, publishExperts } from '../train/work';
import { constraintsFor } from '../split/constraints';

/** The main job: every split, its experts, the mixture and the controls, and the report of them all, by these methods and weightings. */
export function compareWith(tables: ComparisonTables): (job: Job<CompareSpec, CompareInputs>) => Promise<Outcome> {
  return (job) => compareAll(tables, job);
}

export const compare = compareWith({ methods: methodTable, entries: weightings });

async function compareAll(tables: ComparisonTables, job: Job<CompareSpec, CompareInputs>): Promise<Outcome> {
  const started = performance.now();
  const { spec, watch } = job;
  const { dataset } = job.inputs;
  const { model, sha256 } = await openModel(spec.model, job);
  requireLayers(spec, model.config);
  await declareInputs(job, sha256);
  const { corpus, trainIndices } = await readCorpus(job, model, {
    train: sample(spec.trainDocuments),
    validation: sample(spec.validationDocuments),
    test: sample(spec.testDocuments),
  });
  requireTestDocuments(corpus);
  const rows = new Map(Array.from(trainIndices, (index, row) => [index, row]));
  const groups = groupsOf(constraintsFor(job.inputs, rows), (row) => corpus.train[row].id);
  const { methods, entries } = tables;
  const plan = comparisonOf(spec, goldDomains(corpus.train).length > 0, methods);
  const id = `split-${job.suffix}`;
  const settings = { ...comparisonSettings(spec, model.config), plan, groups, spaceFile: spaceFile(id) };
  requireMemory(model.config, settings.training.expert, { k: togetherIn(plan, settings) });
  const opened = { model, sha256 };
  const { outcomes, final, continuation } = await withExecutor(job, opened, async (executor) => {
    const compared = await compareSystems(computeByTasks(executor, opened), corpus, settings, watch, tables);
    const { final } = compared;
    if (final.split.space !== undefined) await writeSpace(job.project, id, final.split.space);
    const { weights } = final.fitted;
    const weighed = { k: final.stack.count, hiddenSize: model.config.hiddenSize };
    const weighting = await openWeighting(weights, weighed, filesOf(job.project), entries);
    return { ...compared, continuation: await showAtWork(executor, opened, { ...final, weighting }, corpus, job) };
  });
  const report = makeReport({
    version,
    model,
    corpus,
    rejected: dataset.rejected,
    settings,
    outcomes,
    seconds: job.secondsBefore + (performance.now() - started) / 1000,
    peakMiB: job.peakMemory(),
    continuation,
    entries,
    notes: notesOn(dataset.documents.train, spec.trainDocuments, corpus),
  });
  for (const folder of [job.folder, job.project]) {
    await writeWhole(join(folder, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
    await writeWhole(join(folder, 'report.html'), renderReport(report));
  }

  const [seed] = spec.seeds.slice(-1);
  const { split, stack, piles, shares, fitted, weighting } = final;
  const identity = {
    id,
    name: `${methodLabel(methods, split.method)}, k = ${split.k}`,
    created: job.created,
    dataset: dataset.id,
    run: job.id,
  };
  const clustering = recordOfSplit(split, corpus.train, identity);
  const { model: name, tokens } = spec;
  const { learningRate } = settings.training;
  const { expert } = settings.training;
  const training = { model: name, seed, learningRate };
  const trained = recordOfExperts(job, { clustering, piles, shares, expert, modelSha256: sha256 }, training, tokens);
  const experts = await publishExperts(job.project, trained, stack, model.folder);
  const evaluation = `eval-${job.suffix}`;
  return {
    result: evaluation,
    split: { clustering, rows: rowsOfSplit(split, trainIndices) },
    experts,
    mixer: {
      record: recordOfMixer(job, fitted, { experts: experts.id, weighting, seed }),
      weights: fitted.weights,
    },
    evaluation: {
      id: evaluation,
      name: `Comparison on ${dataset.name}`.slice(0, 200),
      created: job.created,
      kind: 'comparison',
      dataset: dataset.id,
      experts: experts.id,
      run: job.id,
      seeds: [...spec.seeds],
      result: report,
    },
  };
}

function comparisonSettings(
  { k, seeds, tokens, matched, prefix, rounds, tokensPerRound, adapter, learningRate, ...lora }: CompareSpec,
  config: ModelConfig,
): Omit<ComparisonSettings, 'plan' | 'spaceFile'> {
  const expert = adapter === 'full' ? adapter : loraOf(lora);
  return {
    k,
    seeds,
    tokensPerSystem: tokens,
    matched,
    training: { ...defaultTraining, expert, learningRate: learningRate ?? usualLearningRate(config, expert) },
    em: { prefix, rounds, tokensPerRound, commonTokens: commonTokensFor(tokensPerRound), adapter },
  };
}

/** Experts that are trained side by side at most: those of the piles, and, while perplexity EM splits, those of both halves. */
function togetherIn({ splits }: ComparisonPlan, { k, em }: Pick<ComparisonSettings, 'k' | 'em'>): number {
  const { folds } = perplexitySettingsOf({ ...em, literal: em.literal === true });
  return splits.some(({ method }) => method === 'em') ? folds * k : k;
}

function notesOn(documents: number, limit: number | undefined, { train }: TokenizedCorpus): string[] {
  // Fewer than that are all that a person left in.
  if (train.length === documents || train.length !== limit) return [];
  const part = `${train.length} of ${documents} training documents, drawn at random`;
  return [`${part}; raise --documents and --tokens for firmer figures.`];
}
