import type { Computing } from '../../evaluate/computing';
import type { Evidence } from '../../mixing/evidence';
import { stretchesOf } from '../../evaluate/perplexity';
import { putValue } from '../../engine/artifacts/values';
import type { Executor } from '../../engine/executors/local';
import { getStack, putStack } from '../../engine/tasks/perform/stack';
import { meanStatesTask } from '../../engine/tasks/mean-states';
import { type ScoreInput, type ScoreOutput, scoreTask } from '../../engine/tasks/score';
import { packTexts, packTrainingTexts } from '../../engine/tasks/texts';
import { trainTask } from '../../engine/tasks/train';
import type { Watch } from '../../base/progress';
import type { OpenedModel } from './base-model';
import { comparePilesByTasks, emByTasks, gradientsByTasks, logBiasByTasks } from './em-rounds';
import { evidenceOf, putNeeded, readByTasks, shardsOf } from './expert-reading';

/** What a comparison asks of a base model, as tasks. */
export function computeByTasks(executor: Executor, opened: OpenedModel): Computing {
  const { artifacts } = executor;
  const { model, sha256 } = opened;
  const score = async (
    texts: readonly Int32Array[],
    of: Pick<ScoreInput, 'adapters' | 'weighting' | 'whole'>,
    watch: Watch,
  ): Promise<ScoreOutput['texts']> => {
    const input = { model: sha256, texts: await putValue(artifacts, packTexts(texts)), ...of };
    return (await executor.execute(scoreTask, input, watch)).texts;
  };
  return {
    model,
    perplexityEm: emByTasks(executor, sha256),
    logBias: logBiasByTasks(executor, sha256),
    gradients: gradientsByTasks(executor, sha256),
    comparePiles: comparePilesByTasks(executor, sha256),
    score: async (sequences, stack, watch) => {
      const adapters = stack === undefined ? {} : { adapters: await putStack(artifacts, stack) };
      return (await score(sequences, { ...adapters, whole: true }, watch)).map(([{ nll }]) => nll);
    },
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
      const { experts } = await executor.execute(trainTask, input, watch);
      return getStack(artifacts, experts, model.config);
    },
    losses: async (texts, stack, watch) => {
      const adapters = stack === undefined ? {} : { adapters: await putStack(artifacts, stack) };
      return (await score(texts, adapters, watch)).map((stretches) => stretches.map(({ nll }) => nll));
    },
    evidence: async (texts, stack, weighting, watch) => {
      const of = { adapters: await putStack(artifacts, stack), ...(await putNeeded(artifacts, weighting)) };
      const scored = await score(texts, of, watch);
      return scored.map((stretches, i): Evidence[] => {
        const sequences = stretchesOf(texts[i]);
        return stretches.map((stretch, j) => evidenceOf(stretch, sequences[j], weighting, opened));
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
  for (const shard of shardsOf(sequences, 1)) {
    const texts = await putValue(executor.artifacts, packTexts(shard.map((i) => sequences[i])));
    const { means } = await executor.execute(
      meanStatesTask,
      { model: sha256, texts },
      { signal, report: () => undefined },
    );
    shard.forEach((i, row) => result.set(means.subarray(row * D, (row + 1) * D), i * D));
    done += shard.length;
    report({ stage: 'reading documents', done, total: sequences.length, unit: 'documents' });
  }
  return result;
}
