/** What splitting asks of a base model: computed in this process, or by tasks elsewhere, to the same bits. */
import type { Watch } from '../base/progress';
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import { score } from '../model/score';
import { meanStates } from './features/hidden-features';
import { gradientsHere, type RunGradients } from './methods/em/gradients/run';
import { type ComparePiles, comparePilesHere } from './methods/em/log-bias/gains';
import { logBiasHere, type RunLogBias } from './methods/em/log-bias/run';
import { emHere, type RunPerplexityEm } from './methods/em/perplexity-em';

export interface SplitComputing {
  readonly perplexityEm: RunPerplexityEm;
  readonly logBias: RunLogBias;
  readonly gradients: RunGradients;
  readonly comparePiles: ComparePiles;
  /** Nats [k, n] of the tokens of each sequence, which is read whole; under the base model where no stack is given. */
  score(sequences: readonly Int32Array[], stack: ExpertStack | undefined, watch: Watch): Promise<Float32Array[]>;
  /** Means of the base model's last hidden states over each sequence, [N, D]; zeros where it has no token. */
  meanStates(sequences: readonly Int32Array[], watch: Watch): Promise<Float64Array>;
}

/** In this process. */
export function splitHere(model: LanguageModel): SplitComputing {
  return {
    perplexityEm: emHere(model),
    logBias: logBiasHere(model),
    gradients: gradientsHere(model),
    comparePiles: comparePilesHere(model),
    score: (sequences, stack, { signal }) => score(model, sequences, stack, { onBatch: () => signal.throwIfAborted() }),
    meanStates: (sequences, watch) => meanStates(model, sequences, watch),
  };
}
