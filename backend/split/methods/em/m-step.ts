/** The M-step of perplexity EM: each expert learns from the documents that are assigned to it. */
import type { ExpertStack } from '../../../model/experts/stack';
import type { LanguageModel } from '../../../model/language-model';
import type { OptimizerState } from '../../../model/training/optimizer';
import { TrainStep } from '../../../model/training/train-step';
import { defaultAdamW } from '../../../tensor/optimizer';
import { PackedWindows, stepRows } from '../../../train/batches';
import { DivergenceGuard } from '../../../train/divergence';
import type { PerplexityEmSettings } from './perplexity-settings';

/** Windows of a prefix's length that an expert learns from at once. */
export const rowsPerStep = 4;
const adamAfterRestart = { ...defaultAdamW, beta2: 0.98 };

/** The texts of each expert [folds · k], those of the first half before those of the second. */
export type ExpertTexts = readonly (readonly Int32Array[])[];

/** The training of one round: so many steps, and the tokens that one of them sees. */
export interface Learning {
  readonly count: number;
  readonly stepTokens: number;
  /** Makes step `step`, from 0. Returns nats per token of each expert, NaN for one without texts. */
  readonly run: (step: number) => Promise<Float64Array>;
}

/** Where a round's training stands: `share` of all documents are in it, and `before` steps were made in earlier ones. */
export interface RoundPlace {
  readonly share: number;
  readonly before: number;
}

/** Tokens that one expert sees in a step. */
export const roundTokens = ({ prefix }: PerplexityEmSettings): number => rowsPerStep * prefix;

/** Steps of a round. */
export function roundSteps({ prefix, tokensPerRound, folds }: PerplexityEmSettings, { share }: RoundPlace): number {
  return Math.max(1, Math.round((tokensPerRound * share) / (rowsPerStep * prefix) / folds));
}

export class MStep {
  private readonly guard: DivergenceGuard;

  private constructor(
    model: LanguageModel,
    private readonly settings: PerplexityEmSettings,
    private readonly step: TrainStep,
  ) {
    this.guard = new DivergenceGuard(model.config);
  }

  static async open(model: LanguageModel, stack: ExpertStack, settings: PerplexityEmSettings): Promise<MStep> {
    const batch = { B: rowsPerStep, T: settings.prefix };
    return new MStep(model, settings, await TrainStep.experts(model, stack, { optimizer: adamAfterRestart, batch }));
  }

  /** A round's training. */
  round(texts: ExpertTexts, place: RoundPlace): Learning {
    const { prefix, learningRate, seed } = this.settings;
    const { before } = place;
    const k = texts.length;
    const rowTokens = rowsPerStep * prefix;
    const streams = texts.map((own) =>
      own.length === 0
        ? undefined
        : new PackedWindows(
            own.map((tokens) => ({ tokens })),
            prefix,
            seed * 7919 + before,
          ),
    );
    const active = streams.map((stream) => stream !== undefined);
    return {
      count: roundSteps(this.settings, place),
      stepTokens: rowTokens * k,
      run: async (step) => {
        const { tokens, weights } = stepRows(streams, { step, B: rowsPerStep, T: prefix });
        const inspect = this.guard.step({ at: before + step, warm: true, active });
        const batch = { tokens, weights, k, B: rowsPerStep, T: prefix };
        return (await this.step.run(batch, learningRate, inspect)).losses;
      },
    };
  }

  /** Brings what was learned into the stack. */
  fetch(): Promise<void> {
    return this.step.fetch();
  }

  save(): Promise<OptimizerState[]> {
    return this.step.save();
  }

  restore(state: readonly OptimizerState[]): Promise<void> {
    return this.step.restore(state);
  }

  dispose(): Promise<void> {
    return this.step.dispose();
  }
}
