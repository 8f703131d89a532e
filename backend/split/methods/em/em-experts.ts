/** The experts of perplexity EM: those who judge documents and learn from them, in this process or elsewhere. */
import { z } from 'zod';
import { float32s } from '../../../base/bundle';
import { once } from '../../../base/checkpoint';
import { renamed, type Watch } from '../../../base/progress';
import { createExperts, expertCodec } from '../../../model/experts/forms';
import { copiesOf, type ExpertStack } from '../../../model/experts/stack';
import type { LanguageModel } from '../../../model/language-model';
import { score } from '../../../model/score';
import { defaultTraining, type TrainingSettings } from '../../../train/settings';
import { trainExperts } from '../../../train/trainer';
import type { BaseScore } from '../../describe/outliers';
import { type ExpertTexts, type Learning, MStep, type RoundPlace } from './m-step';
import type { PerplexityEmSettings } from './perplexity-settings';
import { sumOverTokens } from './posteriors';

export interface EmExperts {
  /** The base model, which knows none of the documents. */
  readonly base: BaseScore;
  /** Nats of each whole sequence under the k experts of a half [sequences, k]. */
  judge(half: number, sequences: readonly Int32Array[], signal: AbortSignal): Promise<Float64Array>;
  /** A round's training on texts of each expert. */
  round(texts: ExpertTexts, place: RoundPlace): Learning;
  /** What was learned counts from now on. */
  fetch(): Promise<void>;
  /** What they learned up to now, for a checkpoint: they are opened with it again. */
  save(): Promise<unknown>;
  dispose(): Promise<void>;
}

/** What experts begin with: documents, and what an earlier attempt kept of them. */
export interface EmBeginning {
  readonly prefixes: readonly Int32Array[];
  readonly settings: PerplexityEmSettings;
  readonly kept: unknown;
}

export type OpenExperts = (beginning: EmBeginning, watch: Watch) => Promise<EmExperts>;

/** How experts in training are kept. */
export const keptTraining = z.array(
  z.strictObject({
    parameters: float32s,
    firstMoment: float32s,
    secondMoment: float32s,
    steps: z.int().nonnegative(),
  }),
);

/** Experts of a model in this process, side by side. */
export function expertsHere(model: LanguageModel): OpenExperts {
  return async ({ prefixes, settings, kept }, watch) => {
    const count = settings.folds * settings.k;
    const { expert, seed, commonTokens } = settings;
    const stack =
      kept !== undefined || commonTokens === 0
        ? await createExperts(model, expert, { count, seed })
        : copiesOf(await commonExpert(model, prefixes, settings, watch), count);
    const mStep = await MStep.open(model, stack, settings);
    if (kept !== undefined) await mStep.restore(keptTraining.parse(kept));
    return new ExpertsHere(model, stack, mStep, settings.k);
  };
}

class ExpertsHere implements EmExperts {
  constructor(
    private readonly model: LanguageModel,
    private readonly stack: ExpertStack,
    private readonly mStep: MStep,
    private readonly k: number,
  ) {}

  readonly base: BaseScore = (sequences) => score(this.model, sequences);

  async judge(half: number, sequences: readonly Int32Array[], signal: AbortSignal): Promise<Float64Array> {
    const judges = this.stack.part(this.k * half, this.k);
    const onBatch = (): void => signal.throwIfAborted();
    return sumOverTokens(await score(this.model, sequences, judges, { onBatch }), this.k);
  }

  round(texts: ExpertTexts, place: RoundPlace): Learning {
    return this.mStep.round(texts, place);
  }

  fetch(): Promise<void> {
    return this.mStep.fetch();
  }

  save(): Promise<unknown> {
    return this.mStep.save();
  }

  dispose(): Promise<void> {
    return this.mStep.dispose();
  }
}

/** How the expert learns that all others begin as copies of. */
export function commonTraining({ expert, learningRate, seed, prefix }: PerplexityEmSettings): TrainingSettings {
  return { ...defaultTraining, expert, learningRate, seed, context: prefix };
}

/** What that stage is called. */
export const commonStage = 'Learning the whole corpus';

/** The one that learns from the whole corpus before all. */
function commonExpert(
  model: LanguageModel,
  prefixes: readonly Int32Array[],
  settings: PerplexityEmSettings,
  watch: Watch,
): Promise<ExpertStack> {
  const texts = prefixes.map((tokens) => ({ tokens }));
  return once(renamed(watch, commonStage), 'common', expertCodec(model.config), async (part) => {
    const { stack } = await trainExperts(model, [texts], settings.commonTokens, commonTraining(settings), part);
    return stack;
  });
}
