/** Experts of perplexity EM on several machines: each learns in a task of its own, and documents are judged in tasks of whole batches. */
import { z } from 'zod';
import { createAdapters } from '../../model/adapters/adapter';
import { copiesOf, type ExpertStack } from '../../model/experts/stack';
import { renamed, type Watch } from '../../base/progress';
import { putValue } from '../../engine/artifacts/values';
import { eachByTasks, type Executor } from '../../engine/executors/executor';
import { type EmExpert, emExpert, emJudgeTask, type EmLearnOutput, emLearnTask } from '../../engine/tasks/em-experts';
import { getStack, putStack } from '../../engine/tasks/perform/stack';
import { packTexts } from '../../engine/tasks/texts';
import { trainTask } from '../../engine/tasks/train';
import type { BaseScore } from '../../split/describe/outliers';
import {
  commonStage,
  commonTraining,
  type EmBeginning,
  type EmExperts,
  type OpenExperts,
} from '../../split/methods/em/em-experts';
import {
  type ExpertTexts,
  type Learning,
  type RoundPlace,
  roundSteps,
  roundTokens,
} from '../../split/methods/em/m-step';
import type { PerplexityEmSettings } from '../../split/methods/em/perplexity-settings';
import type { OpenedModel } from './base-model';
import { shardsOf } from './expert-reading';

/** Whether experts can learn apart: adapters, in rounds that have some work for each. */
export function learnApart({ expert, block }: PerplexityEmSettings): boolean {
  return expert !== 'full' && block === undefined;
}

/** The same experts, to the bits of those in one process. */
export function expertsByTasks(executor: Executor, opened: OpenedModel, base: BaseScore): OpenExperts {
  return async ({ kept, ...beginning }, watch) => {
    const experts =
      kept === undefined ? await beginningExperts(executor, opened, beginning, watch) : z.array(emExpert).parse(kept);
    // Where documents began is nothing that experts learn from.
    const { start: _, groups: _groups, ...learned } = beginning.settings;
    const settings = await putValue(executor.artifacts, learned);
    return new ExpertsByTasks(executor, { model: opened.sha256, settings }, beginning.settings, base, watch, experts);
  };
}

/** Experts as they begin, each as an artifact. */
async function beginningExperts(
  executor: Executor,
  { model, sha256 }: OpenedModel,
  { prefixes, settings }: Omit<EmBeginning, 'kept'>,
  watch: Watch,
): Promise<EmExpert[]> {
  const { artifacts } = executor;
  const { folds, k, expert, seed, commonTokens: tokens } = settings;
  const count = folds * k;
  const learnCommon = async (): Promise<ExpertStack> => {
    const piles = await putValue(artifacts, [packTexts(prefixes)]);
    const input = { model: sha256, piles, tokens, settings: commonTraining(settings), from: 'base' as const };
    const { experts } = await executor.execute(trainTask, input, renamed(watch, commonStage));
    return copiesOf(await getStack(artifacts, experts, model.config), count);
  };
  if (expert === 'full') throw new RangeError('experts with all weights of their own learn side by side');
  const stack = tokens === 0 ? createAdapters(model.config, expert, { count, seed }) : await learnCommon();
  const made: EmExpert[] = [];
  for (let e = 0; e < count; e++) made.push({ stack: await putStack(artifacts, stack.part(e, 1)) });
  return made;
}

class ExpertsByTasks implements EmExperts {
  private learned: Promise<EmLearnOutput[]> | undefined;

  constructor(
    private readonly executor: Executor,
    private readonly common: { readonly model: string; readonly settings: string },
    private readonly settings: PerplexityEmSettings,
    readonly base: BaseScore,
    private readonly watch: Watch,
    private experts: EmExpert[],
  ) {}

  async judge(half: number, sequences: readonly Int32Array[], signal: AbortSignal): Promise<Float64Array> {
    const { k } = this.settings;
    const { model } = this.common;
    const experts = this.experts.slice(half * k, (half + 1) * k).map(({ stack }) => stack);
    const result = new Float64Array(sequences.length * k);
    await eachByTasks(this.executor, shardsOf(sequences, k), async (shard) => {
      const texts = await putValue(this.executor.artifacts, packTexts(shard.map((i) => sequences[i])));
      const { nats } = await this.executor.execute(emJudgeTask, { model, experts, texts }, silenced(signal));
      shard.forEach((i, row) => result.set(nats.subarray(row * k, (row + 1) * k), i * k));
    });
    return result;
  }

  round(texts: ExpertTexts, place: RoundPlace): Learning {
    // All of it is asked for with the first step, and known when it goes on after an interruption.
    let learned: Promise<EmLearnOutput[]> | undefined;
    return {
      count: roundSteps(this.settings, place),
      stepTokens: roundTokens(this.settings) * texts.length,
      run: async (step) => {
        learned ??= this.learn(texts, place);
        this.learned = learned;
        return Float64Array.from(await learned, ({ losses }) => losses[step]);
      },
    };
  }

  private learn(texts: ExpertTexts, place: RoundPlace): Promise<EmLearnOutput[]> {
    const { executor, watch } = this;
    let done = 0;
    return eachByTasks(executor, texts, async (own, e) => {
      const given = { ...this.common, expert: this.experts[e], ...place };
      const input = { ...given, texts: await putValue(executor.artifacts, packTexts(own)) };
      const learned = await executor.execute(emLearnTask, input, silenced(watch.signal));
      watch.report({ stage: 'Experts learn', done: ++done, total: texts.length, unit: 'experts' });
      return learned;
    });
  }

  async fetch(): Promise<void> {
    if (this.learned !== undefined) this.experts = (await this.learned).map(({ expert }) => expert);
    this.learned = undefined;
  }

  save(): Promise<unknown> {
    return Promise.resolve(this.experts);
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

const silenced = (signal: AbortSignal): Watch => ({ signal, report: () => undefined });
