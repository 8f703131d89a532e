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
  /** Makes step `step`, from 0. Returns the mean loss of the experts that have texts, nats per token. */
  readonly run: (step: number) => Promise<number>;
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

  /** A round's training; `share` of all documents are in it, and `before` steps were made in earlier ones. */
  round(texts: ExpertTexts, { share, before }: { readonly share: number; readonly before: number }): Learning {
    const { prefix, tokensPerRound, learningRate, seed, folds } = this.settings;
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
      count: Math.max(1, Math.round((tokensPerRound * share) / rowTokens / folds)),
      stepTokens: rowTokens * k,
      run: async (step) => {
        const { tokens, weights } = stepRows(streams, { step, B: rowsPerStep, T: prefix });
        const inspect = this.guard.step({ at: before + step, warm: true, active });
        const batch = { tokens, weights, k, B: rowsPerStep, T: prefix };
        return meanOf((await this.step.run(batch, learningRate, inspect)).losses);
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

function meanOf(losses: Float64Array): number {
  const seen = losses.filter((loss) => !Number.isNaN(loss));
  return seen.reduce((a, b) => a + b, 0) / Math.max(1, seen.length);
}
