/** How experts do on texts that they do not learn from, while they learn. */
import { type ExpertStack, numbersOf, setNumbers } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import { score } from '../model/score';

/** What experts are measured on. */
export interface Validation {
  /** Token sequences for each expert; one that has none is not measured. */
  readonly piles: readonly (readonly Int32Array[])[];
  /** Updates between two measurements; there is one at the end too. */
  readonly every: number;
  /**
   * An expert that did not improve in so many measurements in a row learns no more, and each ends as it was when it did best. Without it,
   * all learn to the end.
   */
  readonly patience?: number | undefined;
}

/** Nats per token of each expert on its texts [k]; NaN where it has none. */
export interface ValidationFigures {
  /** Under the base model. */
  readonly base: Float64Array;
  readonly experts: Float64Array;
}

export interface ValidatorState {
  readonly base: Float64Array;
  readonly last: Float64Array;
  readonly best: Float64Array;
  /** Measurements since each expert did best. */
  readonly since: Int32Array;
  /** The numbers with which each did best; empty where they are not kept. */
  readonly kept: readonly Float32Array[];
}

/** Measures the experts of a stack, which somebody else trains. */
export class Validator {
  private constructor(
    private readonly model: LanguageModel,
    private readonly stack: ExpertStack,
    private readonly validation: Validation,
    private readonly state: ValidatorState,
  ) {}

  static async open(
    model: LanguageModel,
    stack: ExpertStack,
    validation: Validation,
    kept: ValidatorState | undefined,
  ): Promise<Validator> {
    if (kept !== undefined) return new Validator(model, stack, validation, kept);
    const base = await lossesOf(validation.piles, (texts) => score(model, texts, undefined));
    const keeps = validation.patience !== undefined;
    return new Validator(model, stack, validation, {
      base,
      last: base.slice(),
      best: new Float64Array(stack.count).fill(Infinity),
      since: new Int32Array(stack.count),
      kept: Array.from({ length: keeps ? stack.count : 0 }, (_, e) => numbersOf(stack, e)),
    });
  }

  due(update: number, total: number): boolean {
    return update === total || update % this.validation.every === 0;
  }

  /** Measures all experts as the stack has them now. Returns nats per token [k], NaN for one without texts. */
  async measure(): Promise<Float64Array> {
    const { model, stack, state } = this;
    const losses = await lossesOf(this.validation.piles, (texts, e) => score(model, texts, stack.part(e, 1)));
    losses.forEach((loss, e) => {
      if (Number.isNaN(loss) || this.stopped(e)) return;
      state.last[e] = loss;
      state.since[e]++;
      if (loss >= state.best[e]) return;
      state.best[e] = loss;
      state.since[e] = 0;
      if (state.kept.length > 0) state.kept[e].set(numbersOf(stack, e));
    });
    return state.last;
  }

  /** Whether an expert learns no more. */
  stopped(expert: number): boolean {
    const { patience } = this.validation;
    return patience !== undefined && this.state.since[expert] >= patience;
  }

  /** Puts each expert back to where it did best, if that was kept. */
  finish(): ValidationFigures {
    const { stack, state } = this;
    const { base, last, best, kept } = state;
    if (kept.length === 0) return { base, experts: last };
    best.forEach((loss, e) => {
      if (Number.isFinite(loss)) setNumbers(stack, e, kept[e]);
    });
    return { base, experts: last.map((loss, e) => (Number.isFinite(best[e]) ? best[e] : loss)) };
  }

  save(): ValidatorState {
    return this.state;
  }
}

/** Mean nats per token of each pile's texts. */
async function lossesOf(
  piles: Validation['piles'],
  scoreTexts: (texts: readonly Int32Array[], expert: number) => Promise<readonly Float32Array[]>,
): Promise<Float64Array> {
  const losses = new Float64Array(piles.length).fill(Number.NaN);
  for (const [e, texts] of piles.entries()) {
    if (texts.length === 0) continue;
    const scored = await scoreTexts(texts, e);
    const tokens = scored.reduce((sum, { length }) => sum + length, 0);
    const nats = scored.reduce((sum, text) => sum + text.reduce((of, nll) => of + nll, 0), 0);
    losses[e] = nats / Math.max(1, tokens);
  }
  return losses;
}
