import { filesOf } from '../../base/files';
import type { TokenizedDocument } from '../../corpus/tokenized';
import type { Evidence } from '../../mixing/evidence';
import { openWeighting, weightings } from '../../mixing/weightings';
import { bestSingleWeights } from '../../mixing/weightings/best-single/best-single';
import { equalWeights } from '../../mixing/weightings/uniform/uniform';
import { expertScores, type Losses, mixtureScores, singleScores, stretchesOf } from '../../evaluate/perplexity';
import { pairedBootstrap, toldOfIntervals } from '../../evaluate/intervals';
import { routingOf } from '../../evaluate/routing';
import { aggregatePerplexity, type DocumentScore, requireTestDocuments } from '../../evaluate/statistics';
import type { Outcome } from '../../protocol/outcome';
import type { EvaluationRecord } from '../../protocol/records';
import type { EvaluateInputs } from './inputs';
import type { EvaluateSpec } from './spec';
import { eachByTasks, type Executor } from '../../engine/executors/executor';
import { readCorpus, sample } from '../shared/corpus';
import { openExecutor } from '../shared/executors';
import { loadExperts } from '../shared/experts';
import { openModelOf } from '../shared/base-model';
import { evidenceOf, putNeeded } from '../shared/expert-reading';
import { declareInputs, type Job } from '../../engine/job';
import { putValue } from '../../engine/artifacts/values';
import { putStack } from '../../engine/tasks/perform/stack';
import { type ScoreInput, type ScoreOutput, scoreTask } from '../../engine/tasks/score';
import { packTexts } from '../../engine/tasks/texts';

// A shard is the smallest piece of work that is not done again after an interruption.
const shardDocuments = 16;

/** Perplexity of base model, experts and mixture, by one of these weightings, on the test documents. */
export function evaluateWith(entries: typeof weightings): (job: Job<EvaluateSpec, EvaluateInputs>) => Promise<Outcome> {
  return (job) => evaluateExperts(entries, job);
}

export const evaluate = evaluateWith(weightings);

/** One task per shard and kind of model. */
async function evaluateExperts(entries: typeof weightings, job: Job<EvaluateSpec, EvaluateInputs>): Promise<Outcome> {
  const { spec } = job;
  const { experts, dataset } = job.inputs;
  const { model, sha256 } = await openModelOf(experts, job);
  await declareInputs(job, sha256);
  const { corpus } = await readCorpus(job, model, { test: sample(spec.testDocuments) });
  requireTestDocuments(corpus);
  const stack = await loadExperts(job.project, experts, model.config);
  const weighed = { k: stack.count, hiddenSize: model.config.hiddenSize };
  const weighting =
    spec.mixer === undefined
      ? undefined
      : await openWeighting(job.inputs.weights, weighed, filesOf(job.project), entries);
  const executor = await openExecutor(job, { model, sha256 });
  const adapters = await putStack(executor.artifacts, stack);
  const needed = weighting && (await putNeeded(executor.artifacts, weighting));
  const score = new ShardedScores(executor, corpus.test, sha256, job);
  const base = await score.all('Scoring the base model', {});
  const mixed = await score.all('Scoring experts and mixture', { adapters, ...needed });
  await executor.close();

  const texts = corpus.test;
  const baseScores = singleScores(texts, lossesOf(base));
  const shares = experts.experts.map(({ share }) => share ?? 1 / stack.count);
  const together = weighting ?? equalWeights(stack.count);
  const evidence = mixed.map((stretches, d): Evidence[] => {
    const sequences = stretchesOf(texts[d].tokens);
    return stretches.map((stretch, i) => evidenceOf(stretch, sequences[i], together, { model, sha256 }));
  });
  const { single } = expertScores(texts, evidence, stack.count);
  // An expert that has nobody beside it is its own mixture.
  const mixtures: [string, readonly DocumentScore[]][] = [
    ['Routed: one expert at a time', mixtureScores(texts, evidence, bestSingleWeights({ shares }))],
    [weighting === undefined ? 'Equal weights' : 'Mixture', mixtureScores(texts, evidence, together)],
  ];
  const routing = stack.count === 1 ? {} : { routing: routingOf(evidence, together) };
  const systems: typeof mixtures = [
    ['Base model', baseScores],
    ...experts.experts.map(({ letter, name }, i): [string, readonly DocumentScore[]] => [
      `Expert ${letter} ${name}`,
      single[i],
    ]),
    ...(stack.count === 1 ? [] : mixtures),
  ];
  const table = systems.map(([name, of]) => ({
    name,
    ...aggregatePerplexity(of),
    difference: pairedBootstrap([of], [baseScores]),
  }));
  const evaluation: EvaluationRecord = {
    id: `eval-${job.suffix}`,
    name: `Perplexity of ${experts.name}`.slice(0, 200),
    created: job.created,
    kind: 'perplexity',
    dataset: dataset.id,
    experts: experts.id,
    run: job.id,
    seeds: experts.seed === undefined ? [] : [experts.seed],
    result: { documents: texts.length, systems: table, notes: toldOfIntervals([baseScores]), ...routing },
  };
  return { result: evaluation.id, evaluation };
}

type Scored = ScoreOutput['texts'];

/** Scores all documents shard by shard, as tasks. */
class ShardedScores {
  constructor(
    private readonly executor: Executor,
    private readonly documents: readonly TokenizedDocument[],
    private readonly model: string,
    private readonly job: Job,
  ) {}

  async all(stage: string, of: Pick<ScoreInput, 'adapters' | 'weighting'>): Promise<Scored> {
    const { watch } = this.job;
    // Documents are told of here, shard by shard.
    const silent = { signal: watch.signal, report: () => undefined };
    const total = this.documents.length;
    const shards = Array.from({ length: Math.ceil(total / shardDocuments) }, (_, i) =>
      this.documents.slice(i * shardDocuments, (i + 1) * shardDocuments),
    );
    let done = 0;
    const scored = await eachByTasks(this.executor, shards, async (shard) => {
      watch.signal.throwIfAborted();
      const texts = await putValue(this.executor.artifacts, packTexts(shard.map(({ tokens }) => tokens)));
      const { texts: found } = await this.executor.execute(scoreTask, { model: this.model, texts, ...of }, silent);
      done += shard.length;
      watch.report({ stage, done, total, unit: 'documents' });
      return found;
    });
    return scored.flat();
  }
}

function lossesOf(scored: Scored): Losses {
  return scored.map((stretches) => stretches.map(({ nll }) => nll));
}
