import type { ModelConfig } from '../model/architectures/config';
import { expertLetter } from '../base/letter';

/** Training that went wrong: the loss is no number any more, or worse than knowing nothing. */
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

/**
 * Looks at the losses of step `at` (from 0) before the update is made; those of experts without texts say nothing. A loss far
 * above that of guessing is refused only once the learning rate has warmed up.
 */
export function refuseDivergence(
  { vocabularySize }: ModelConfig,
  step: {
    readonly at: number;
    readonly warm: boolean;
    readonly active: readonly boolean[];
    /** What the experts are called; A, B, … where nothing is said. */
    readonly letters?: readonly string[];
  },
): (losses: Float64Array) => void {
  const { at, warm, active, letters } = step;
  const guessing = Math.log(vocabularySize);
  const most = warm ? worseThanNothing * guessing : Number.MAX_VALUE;
  return (losses) => {
    losses.forEach((loss, e) => {
      if (!active[e] || loss <= most) return;
      const limit = Number.isFinite(loss) ? `; guessing has ${guessing.toFixed(1)}` : '';
      const name = losses.length === 1 ? '' : ` of expert ${letters?.[e] ?? expertLetter(e)}`;
      throw new DivergedError(
        `The loss${name} is ${loss.toFixed(1)} nats per token at step ${at + 1}${limit}.`,
        at + 1,
      );
    });
  };
}
