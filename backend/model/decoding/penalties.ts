/** Penalties for what a text has already, which change the logits before a token is drawn. */
export interface PenaltySettings {
  /** Taken from the logits of the tokens that were generated; 0 by default. */
  readonly presencePenalty?: number;
  /** Taken from the logit of a token as often as it was generated; 0 by default. */
  readonly frequencyPenalty?: number;
  /** Divides positive and multiplies negative logits of the tokens of prompt and answer (Keskar et al. 2019); 1 by default. */
  readonly repetitionPenalty?: number;
}

/** One text that grows, with how often each token stands in it. */
export class Penalties {
  private readonly generated = new Map<number, number>();
  private readonly seen: Set<number>;

  constructor(
    private readonly settings: PenaltySettings,
    prompt: Iterable<number>,
  ) {
    this.seen = new Set(prompt);
  }

  add(token: number): void {
    this.seen.add(token);
    this.generated.set(token, (this.generated.get(token) ?? 0) + 1);
  }

  /**
   * What tokens are drawn by [V], up to a constant: log-probabilities changed by the penalties. `logNormalizer` is what must be added
   * to a log-probability for its logit, whose sign decides what the repetition penalty does.
   */
  on(logProbabilities: Float64Array, logNormalizer: number): Float64Array {
    const { presencePenalty = 0, frequencyPenalty = 0, repetitionPenalty = 1 } = this.settings;
    const penalized = logProbabilities.slice();
    if (repetitionPenalty !== 1) {
      for (const token of this.seen) {
        const logit = logProbabilities[token] + logNormalizer;
        penalized[token] = (logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty) - logNormalizer;
      }
    }
    for (const [token, times] of this.generated) penalized[token] -= presencePenalty + frequencyPenalty * times;
    return penalized;
  }
}
