/** All that a comparison asks of a base model: computed in this process, or by tasks elsewhere, to the same bits. */
import type { Watch } from '../base/progress';
import type { Evidence } from '../mixing/evidence';
import { type ExpertReading, readHere } from '../mixing/reading';
import type { Weighed } from '../mixing/text-evidence';
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import { type SplitComputing, splitHere } from '../split/computing';
import type { TrainingText } from '../train/batches';
import type { TrainingSettings } from '../train/settings';
import { branchExperts, trainExperts } from '../train/trainer';
import { type Losses, scoringContext, stretchEvidence, stretchLosses } from './perplexity';

/** What a training is given. */
export interface Training {
  /** Texts of each pile. */
  readonly piles: readonly (readonly TrainingText[])[];
  /** What their experts are called; A, B, … where nothing is said. */
  readonly letters?: readonly string[];
  /** Of all experts together. */
  readonly tokens: number;
  readonly settings: TrainingSettings;
  /** The adapter that the experts branch from, which took its share of the tokens (`seedShare`); `base`: the base model itself. */
  readonly from: ExpertStack | 'base';
}

export interface Computing extends SplitComputing {
  readonly model: LanguageModel;
  /** One expert per pile. Reports under a stage of its own. */
  train(training: Training, watch: Watch): Promise<ExpertStack>;
  /** Of each text (token sequence with its prefix token) the losses of its stretches, under the base model where no stack is given. */
  losses(texts: readonly Int32Array[], stack: ExpertStack | undefined, watch: Watch): Promise<Losses>;
  /** Of each text what a weighting needs of its stretches. */
  evidence(texts: readonly Int32Array[], stack: ExpertStack, weighting: Weighed, watch: Watch): Promise<Evidence[][]>;
  /** Reads texts that weightings are fitted to. */
  reading(stack: ExpertStack, watch: Watch): Promise<ExpertReading>;
}

/** In this process. */
export function computeHere(model: LanguageModel): Computing {
  return {
    ...splitHere(model),
    model,
    train: async ({ piles, letters, tokens, settings, from }, watch) => {
      const { stack } =
        from === 'base'
          ? await trainExperts(model, piles, tokens / piles.length, settings, watch, { letters })
          : await branchExperts(model, piles, tokens, settings, watch, { from, letters });
      return stack;
    },
    losses: (texts, stack, watch) => stretchLosses(model, texts, stack, scoring(texts, watch)),
    evidence: (texts, stack, weighting, watch) =>
      stretchEvidence(model, texts, stack, weighting, scoring(texts, watch)),
    reading: (stack) => Promise.resolve(readHere(model, stack)),
  };
}

/** Reports how many stretches of the texts are scored, and hears whether it must stop. */
export function scoring(texts: readonly Int32Array[], watch: Watch): (stretches: number) => void {
  const total = texts.reduce((sum, { length }) => sum + Math.ceil((length - 1) / scoringContext), 0);
  let done = 0;
  return (stretches) => {
    watch.signal.throwIfAborted();
    done += stretches;
    watch.report({ stage: 'Scoring', done, total, unit: 'texts' });
  };
}
