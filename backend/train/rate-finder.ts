/** A short search for the learning rate, where somebody asks for one. */
import { once, plainCodec } from '../base/checkpoint';
import { decimal } from '../base/format';
import { renamed, type Watch } from '../base/progress';
import type { LanguageModel } from '../model/language-model';
import type { TrainingText } from './batches';
import { DivergedError } from './divergence';
import { stepTokens } from './learning';
import type { TrainingSettings } from './settings';
import { trainExperts } from './trainer';

/** A learning rate that was tried, and nats per token on validation texts after it. */
export interface TriedRate {
  readonly rate: number;
  /** Infinity where the loss exploded. */
  readonly loss: number;
}

const factors = [1 / 4, 1 / 2, 1, 2, 4];
export const trials = factors.length;
/** Of the training that follows, for each trial. */
const share = 1 / 20;
const fewestSteps = 24;

/** Tokens of all trials together. */
export function searchTokens(tokens: number, settings: TrainingSettings): number {
  return factors.length * trialTokens(tokens, settings);
}

/**
 * Trains one adapter on all texts for a twentieth of the tokens, with each of some rates around the one of the settings. Returns all of
 * them; the first is the one with the least loss on validation texts.
 */
export async function searchLearningRate(
  model: LanguageModel,
  texts: readonly TrainingText[],
  tokens: number,
  settings: TrainingSettings,
  heldOut: readonly Int32Array[],
  watch: Watch,
): Promise<TriedRate[]> {
  const validation = { piles: [heldOut], every: Infinity };
  const attempt = async (rate: number, part: Watch): Promise<TriedRate> => {
    try {
      const tried = { ...settings, learningRate: rate };
      const found = await trainExperts(model, [texts], trialTokens(tokens, settings), tried, part, { validation });
      return { rate: found.learningRate, loss: found.validation?.experts[0] ?? Infinity };
    } catch (error) {
      if (error instanceof DivergedError) return { rate, loss: Infinity };
      throw error;
    }
  };
  const tried: TriedRate[] = [];
  for (const factor of factors) {
    const rate = Number((settings.learningRate * factor).toPrecision(2));
    const part = renamed(watch, `Trying a learning rate of ${decimal(rate)}`);
    tried.push(await once(part, `rate ${rate}`, plainCodec<TriedRate>(), (within) => attempt(rate, within)));
  }
  return tried.sort((a, b) => a.loss - b.loss);
}

function trialTokens(tokens: number, settings: TrainingSettings): number {
  return Math.max(fewestSteps * stepTokens(settings), share * tokens);
}
