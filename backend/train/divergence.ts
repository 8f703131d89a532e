import type { ModelConfig } from '../model/architectures/config';
import { expertLetter } from '../base/letter';

/** Training that went wrong: the loss is no number any more, worse than knowing nothing, or stuck at that. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';

  constructor(
    message: string,
    /** The step at fault, from 1. Its update was not made. */
    readonly step: number,
  ) {
    super(message);
  }
}

// A model that gives every token the same probability has ln V nats per token.
const worseThanNothing = 1.5;
// Nor does a model that reads texts ever have just that, but for rounding; one whose activations and gradients are zero does.
const rounding = 1e-6;
const deadSteps = 3;

interface InspectedStep {
  /** Its number, from 0. */
  readonly at: number;
  readonly warm: boolean;
  readonly active: readonly boolean[];
  /** What the experts are called; A, B, … where nothing is said. */
  readonly letters?: readonly string[];
}

/** Watches the losses of experts from step to step. */
export class DivergenceGuard {
  private readonly guessing: number;
  /** Steps in a row in which an expert's loss was that of guessing. */
  private readonly guessed = new Map<number, number>();

  constructor({ vocabularySize }: ModelConfig) {
    this.guessing = Math.log(vocabularySize);
  }

  /**
   * Looks at the losses of a step before the update is made; those of experts without texts say nothing. A loss far above that of
   * guessing, or exactly that for some steps, is refused only once the learning rate has warmed up. The function that it returns
   * throws DivergedError.
   */
  step(step: InspectedStep): (losses: Float64Array) => void {
    return (losses) => losses.forEach((loss, e) => step.active[e] && this.inspect(step, loss, e, losses.length));
  }

  private inspect({ at, warm, letters }: InspectedStep, loss: number, e: number, experts: number): void {
    const { guessing, guessed } = this;
    const alike = warm && Math.abs(loss - guessing) < rounding * guessing;
    const dead = alike ? (guessed.get(e) ?? 0) + 1 : 0;
    guessed.set(e, dead);
    const most = warm ? worseThanNothing * guessing : Number.MAX_VALUE;
    if (loss <= most && dead < deadSteps) return;
    const comparison = Number.isFinite(loss) ? `; guessing has ${guessing.toFixed(1)}` : '';
    const why = dead < deadSteps ? comparison : ', that of guessing: it holds every token alike';
    const name = experts === 1 ? '' : ` of expert ${letters?.[e] ?? expertLetter(e)}`;
    throw new DivergedError(`The loss${name} is ${loss.toFixed(1)} nats per token at step ${at + 1}${why}.`, at + 1);
  }
}
