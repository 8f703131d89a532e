import type { Computing } from '../../evaluate/computing';
import type { Evidence } from '../../mixing/evidence';
import { stretchesOf } from '../../evaluate/perplexity';
import { adaptedModules, AdapterStack } from '../../model/adapters/adapter';
import { putValue } from '../../engine/artifacts/values';
import type { Executor } from '../../engine/executors/local';
import { putStack } from '../../engine/tasks/perform/stack';
import { type ScoreInput, type ScoreOutput, scoreTask } from '../../engine/tasks/score';
import { packTexts, packTrainingTexts } from '../../engine/tasks/texts';
import { trainTask } from '../../engine/tasks/train';
import type { Watch } from '../../base/progress';
import type { OpenedModel } from './base-model';
import { emByTasks } from './em-rounds';
import { evidenceOf, putProbes, readByTasks } from './expert-reading';

/** What a comparison asks of a base model, as tasks. */
export function computeByTasks(executor: Executor, opened: OpenedModel): Computing {
  const { artifacts } = executor;
  const { model, sha256 } = opened;
  const score = async (
    texts: readonly Int32Array[],
    of: Pick<ScoreInput, 'adapters' | 'probes'>,
    watch: Watch,
  ): Promise<ScoreOutput['texts']> => {
    const input = { model: sha256, texts: await putValue(artifacts, packTexts(texts)), ...of };
    return (await executor.execute(scoreTask, input, watch)).texts;
  };
  return {
    model,
    perplexityEm: emByTasks(executor, sha256),
    train: async ({ piles, tokens, settings, from }, watch) => {
      const input = {
        model: sha256,
        piles: await putValue(artifacts, piles.map(packTrainingTexts)),
        tokens,
        settings,
        from: from === 'base' ? from : await putStack(artifacts, from),
      };
      const { parameters } = await executor.execute(trainTask, input, watch);
      const stack = new AdapterStack(model.config, adaptedModules(model.config, settings.lora), piles.length);
      stack.parameters.data.set(parameters);
      return stack;
    },
    losses: async (texts, stack, watch) => {
      const adapters = stack === undefined ? {} : { adapters: await putStack(artifacts, stack) };
      return (await score(texts, adapters, watch)).map((stretches) => stretches.map(({ nll }) => nll));
    },
    evidence: async (texts, stack, weighting, watch) => {
      const of = { adapters: await putStack(artifacts, stack), ...(await putProbes(artifacts, weighting)) };
      const scored = await score(texts, of, watch);
      return scored.map((stretches, i): Evidence[] => {
        const sequences = stretchesOf(texts[i]);
        return stretches.map((stretch, j) => evidenceOf(stretch, sequences[j], weighting, opened, stack.count));
      });
    },
    reading: (stack, watch) => readByTasks(executor, opened, stack, watch),
  };
}
