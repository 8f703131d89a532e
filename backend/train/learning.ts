/** Experts that learn side by side, step by step. */
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import { FrozenLayers, frozenLayersBelow } from '../model/training/frozen-layers';
import type { OptimizerState } from '../model/training/optimizer';
import { TrainStep } from '../model/training/train-step';
import {
  PackedWindows,
  type StepRows,
  stepRows,
  type TokenWindows,
  type TrainingText,
  UnpackedWindows,
  withEnd,
} from './batches';
import { DivergenceGuard } from './divergence';
import type { TrainingSettings } from './settings';

type Shape = Pick<TrainingSettings, 'rows' | 'context' | 'accumulation'>;

/** Tokens that one expert sees in a step. */
export const stepTokens = ({ rows, context, accumulation }: Shape): number => rows * accumulation * context;

/** Steps that so many tokens of one expert make: one at least. */
export function stepsOf(tokens: number, settings: Shape): number {
  return Math.max(1, Math.round(tokens / stepTokens(settings)));
}

export class Learning {
  private readonly guard: DivergenceGuard;

  private constructor(
    private readonly model: LanguageModel,
    private readonly settings: TrainingSettings,
    private readonly streams: readonly (TokenWindows | undefined)[],
    private readonly trainStep: TrainStep,
    private readonly below: FrozenLayers | undefined,
  ) {
    this.guard = new DivergenceGuard(model.config);
  }

  /** For `total` steps. An expert without texts stays as it is. `first`: the number of the first of them, where others learn elsewhere. */
  static async open(
    model: LanguageModel,
    stack: ExpertStack,
    piles: readonly (readonly TrainingText[])[],
    total: number,
    settings: TrainingSettings,
    first = 0,
  ): Promise<Learning> {
    const { rows, context: T, accumulation, dropout, seed } = settings;
    const streams = piles.map((pile, e) => streamOf(pile, model, settings, seed * 1000 + first + e));
    // Worth a run of its own where something is read twice.
    const again = streams.some((stream) => stream !== undefined && total * rows * accumulation > stream.count);
    const frozen = again ? frozenLayersBelow(stack) : 0;
    const below = frozen === 0 ? undefined : await FrozenLayers.open(model, frozen, mostFrozenBytes);
    const trainStep = await TrainStep.experts(model, stack, {
      optimizer: settings.optimizer,
      batch: { B: rows, T },
      accumulation,
      ...(dropout > 0 && { dropout: { share: dropout, seed } }),
      frozenLayers: frozen,
    });
    return new Learning(model, settings, streams, trainStep, below);
  }

  /** Which experts have texts. */
  get living(): boolean[] {
    return this.streams.map((stream) => stream !== undefined);
  }

  /**
   * Step `at`, from 0, of the experts that are active. Returns nats per token before the update [k], NaN for the others. Throws
   * DivergedError where a loss explodes.
   */
  async step(
    at: number,
    learningRate: number,
    { active, warm, letters }: { active: readonly boolean[]; warm: boolean; letters: readonly string[] },
  ): Promise<Float64Array> {
    const { rows, accumulation, context: T } = this.settings;
    const B = rows * accumulation;
    const streams = this.streams.map((stream, e) => (active[e] ? stream : undefined));
    const read = stepRows(streams, { step: at, B, T });
    const { tokens, weights } = read;
    const stream = this.below === undefined ? {} : { stream: await this.belowOf(this.below, read, B) };
    const inspect = this.guard.step({ at, warm, active, letters });
    return (await this.trainStep.run({ tokens, weights, ...stream, k: streams.length, B, T }, learningRate, inspect))
      .losses;
  }

  /** Brings what was learned into the stack. */
  fetch(): Promise<void> {
    return this.trainStep.fetch();
  }

  save(): Promise<OptimizerState[]> {
    return this.trainStep.save();
  }

  restore(state: readonly OptimizerState[]): Promise<void> {
    return this.trainStep.restore(state);
  }

  async dispose(): Promise<void> {
    await this.trainStep.dispose();
    await this.below?.dispose();
  }

  /** What the frozen layers make of each row, [k, B, T, D]; zeros for a row without tokens. */
  private async belowOf(below: FrozenLayers, { tokens, windows }: StepRows, B: number): Promise<Float32Array> {
    const { context: T } = this.settings;
    const D = this.model.config.hiddenSize;
    const stream = new Float32Array(windows.length * T * D);
    for (const [row, window] of windows.entries()) {
      if (window < 0) continue;
      const from = row * (T + 1);
      stream.set(await below.run(`${Math.floor(row / B)} ${window}`, tokens.subarray(from, from + T)), row * T * D);
    }
    return stream;
  }
}

/**
 * The texts of one expert in windows, each text cut where too much of it would be learned, or with the model's end of texts behind it. Where
 * that also begins texts, it stands between packed ones once.
 */
function streamOf(
  pile: readonly TrainingText[],
  { tokenizer }: LanguageModel,
  { documentTokens, packing, context }: TrainingSettings,
  seed: number,
): TokenWindows | undefined {
  if (pile.length === 0) return undefined;
  const { prefixToken, endToken } = tokenizer;
  const texts = pile.map((text) => {
    const most = documentTokens + 1;
    if (text.tokens.length > most)
      return { tokens: text.tokens.subarray(0, most), counted: text.counted?.subarray(0, most) };
    return packing && prefixToken === endToken ? text : withEnd(text, endToken);
  });
  return packing ? new PackedWindows(texts, context, seed) : new UnpackedWindows(texts, context, seed);
}

/** Bytes of what the frozen layers made of texts that is kept from one epoch to the next. */
const mostFrozenBytes = 2 ** 30;

/** MiB that what the frozen layers made of so many tokens takes at most, where they are read more than once. */
export function frozenMemory(tokens: number, hiddenSize: number): number {
  return Math.min(mostFrozenBytes, 4 * tokens * hiddenSize) / 2 ** 20;
}
