import type { Computing } from '../../evaluate/computing';
import { stretchesOf } from '../../evaluate/perplexity';
import { putValue } from '../../engine/artifacts/values';
import { eachByTasks, type Executor } from '../../engine/executors/executor';
import { getStack, putStack } from '../../engine/tasks/perform/stack';
import { meanStatesTask } from '../../engine/tasks/mean-states';
import { type ScoreInput, scoreTask } from '../../engine/tasks/score';
import { packTexts, packTrainingTexts } from '../../engine/tasks/texts';
import type { BaseScore } from '../../split/describe/outliers';
import type { Watch } from '../../base/progress';
import type { ExpertStack } from '../../model/experts/stack';
import { byText } from '../../model/score';
import type { OpenedModel } from './base-model';
import { comparePilesByTasks, emByTasks, gradientsByTasks, logBiasByTasks } from './em-rounds';
import { trainByTasks } from './training';
import { readByTasks, shardsOf } from './expert-reading';

/** What a comparison asks of a base model, as tasks. */
export function computeByTasks(executor: Executor, opened: OpenedModel): Computing {
  const { artifacts } = executor;
  const { model, sha256 } = opened;
  /** Nats of whole sequences, in tasks of whole batches, to the bits that one process finds. */
  const score = async (
    sequences: readonly Int32Array[],
    stack: ExpertStack | undefined,
    { signal, report }: Watch,
  ): Promise<Float32Array[]> => {
    const result: Float32Array[] = sequences.map(() => new Float32Array(0));
    const adapters = stack === undefined ? {} : { adapters: await putStack(artifacts, stack) };
    let done = 0;
    await eachByTasks(executor, shardsOf(sequences, stack?.count ?? 1), async (shard) => {
      const texts = await putValue(artifacts, packTexts(shard.map((i) => sequences[i])));
      const input: ScoreInput = { model: sha256, texts, whole: true, ...adapters };
      const scored = await executor.execute(scoreTask, input, { signal, report: () => undefined });
      shard.forEach((i, row) => (result[i] = scored.texts[row][0].nll));
      done += shard.length;
      report({ stage: 'Scoring', done, total: sequences.length, unit: 'texts' });
    });
    return result;
  };
  return {
    model,
    perplexityEm: (given, watch) => {
      const base: BaseScore = (sequences) => score(sequences, undefined, { ...watch, report: () => undefined });
      return emByTasks(executor, opened, base)(given, watch);
    },
    logBias: logBiasByTasks(executor, sha256),
    gradients: gradientsByTasks(executor, sha256),
    comparePiles: comparePilesByTasks(executor, sha256),
    score,
    meanStates: (sequences, watch) => meanStatesByTasks(executor, opened, sequences, watch),
    train: async ({ piles, letters, tokens, settings, from }, watch) => {
      const input = {
        model: sha256,
        piles: await putValue(artifacts, piles.map(packTrainingTexts)),
        letters: letters && [...letters],
        tokens,
        settings,
        from: from === 'base' ? from : await putStack(artifacts, from),
      };
      const { experts } = await trainByTasks(executor, input, model.config, watch);
      return getStack(artifacts, experts, model.config);
    },
    losses: (texts, stack, watch) => byText(texts.map(stretchesOf), (sequences) => score(sequences, stack, watch)),
    evidence: async (texts, stack, weighting, watch) => {
      const reading = await readByTasks(executor, opened, stack, watch);
      return byText(texts.map(stretchesOf), (sequences) => {
        let done = 0;
        const onRead = (read: number): void => {
          done += read;
          watch.report({ stage: 'Scoring', done, total: sequences.length, unit: 'texts' });
        };
        return reading.evidence(sequences, weighting, onRead);
      });
    },
    reading: (stack, watch) => readByTasks(executor, opened, stack, watch),
  };
}

/** In tasks of whole batches, to the bits that one process reads. */
async function meanStatesByTasks(
  executor: Executor,
  { model, sha256 }: OpenedModel,
  sequences: readonly Int32Array[],
  { signal, report }: Watch,
): Promise<Float64Array> {
  const D = model.config.hiddenSize;
  const result = new Float64Array(sequences.length * D);
  let done = 0;
  await eachByTasks(executor, shardsOf(sequences, 1), async (shard) => {
    const texts = await putValue(executor.artifacts, packTexts(shard.map((i) => sequences[i])));
    const { means } = await executor.execute(
      meanStatesTask,
      { model: sha256, texts },
      { signal, report: () => undefined },
    );
    shard.forEach((i, row) => result.set(means.subarray(row * D, (row + 1) * D), i * D));
    done += shard.length;
    report({ stage: 'reading documents', done, total: sequences.length, unit: 'documents' });
  });
  return result;
}
