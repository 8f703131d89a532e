import type { ExpertStack } from '../model/experts/stack';
import type { Combine, Combined, Distributions } from '../model/decoding/generate';
import type { NextToken } from '../model/decoding/decoder';
import { logSoftmaxOf, logSumExp } from '../model/decoding/sampling';
import type { LanguageModel } from '../model/language-model';
import { score } from '../model/score';
import { GrowingText } from '../model/tokenizer/token-text';
import type { FittedWeighting } from './weighting';

/** The mixture's next-token distribution while a text is generated. One per text: it remembers the prefix. */
export function mixtureCombine(
  weighting: FittedWeighting,
  model: LanguageModel,
  stack: ExpertStack | undefined,
): (...read: Parameters<Combine>) => Promise<Distributions> {
  const { k, needs } = weighting;
  const read = weighting.start();
  const losses = needs.losses && new PrefixLosses(k, model, stack);
  const text = new GrowingText(model.tokenizer);
  return async (next, tokens) => {
    const { hidden, rows } = next;
    const T = tokens.length;
    const nll = await losses?.of(tokens, next);
    const weights: Float64Array[] = [];
    for (let t = 0; t < T; t++) {
      weights.push(
        read({
          losses: Float64Array.from({ length: k }, (_, e) => nll?.[e * T + t] ?? 0),
          opinions: Float64Array.from({ length: k }, (_, e) =>
            needs.hidden === undefined ? 0 : needs.hidden.opinion(hidden, (e * T + t) * needs.hidden.size, e),
          ),
          text: needs.text === undefined ? '' : text.push(tokens[t]),
        }),
      );
    }
    return (row) => mix(next, row, weights[T - rows + row]);
  };
}

/** Nats of the tokens of a growing text under each expert: from the logits before each where these are known, else scored anew. */
class PrefixLosses {
  private prefix: number[] = [];
  /** What the experts said before the tokens that are read next. */
  private before: NextToken | undefined;

  constructor(
    private readonly k: number,
    private readonly model: LanguageModel,
    private readonly stack: ExpertStack | undefined,
  ) {}

  /** [k, T] of the tokens just read, after which the experts say this; zero for the first of all. */
  async of(tokens: ArrayLike<number>, next: NextToken): Promise<Float64Array> {
    const { k, before } = this;
    const T = tokens.length;
    this.prefix.push(...Array.from(tokens));
    this.before = next;
    if (next.rows === T && (T > 1 || before !== undefined)) {
      return Float64Array.from({ length: k * T }, (_, i) => {
        const [e, t] = [Math.floor(i / T), i % T];
        if (t > 0) return -rowOf(next, e, t - 1, k)[tokens[t]];
        return before === undefined ? 0 : -rowOf(before, e, before.rows - 1, k)[tokens[0]];
      });
    }
    const n = this.prefix.length - 1;
    const [nll = new Float32Array(0)] = await score(this.model, [Int32Array.from(this.prefix)], this.stack);
    return Float64Array.from({ length: k * T }, (_, i) => {
      const at = n - T + (i % T);
      return at < 0 ? 0 : nll[Math.floor(i / T) * n + at];
    });
  }
}

/** Log-probabilities [V] of expert e in a row. */
function rowOf({ logits, rows }: NextToken, e: number, row: number, k: number): Float64Array {
  const V = logits.length / (k * rows);
  return logSoftmaxOf(logits, (e * rows + row) * V, V);
}

/** log Σ_e w_e p_e over the vocabulary, after one of the tokens. */
function mix(next: NextToken, row: number, logWeights: Float64Array): Combined {
  const k = logWeights.length;
  const { logits, rows } = next;
  const V = logits.length / (k * rows);
  const experts = Array.from(logWeights, (_, e) => rowOf(next, e, row, k));
  const terms = new Float64Array(k);
  const logProbabilities = Float64Array.from({ length: V }, (_, token) => {
    for (let e = 0; e < k; e++) terms[e] = logWeights[e] + experts[e][token];
    return logSumExp(terms);
  });
  const weights = logWeights.map(Math.exp);
  const normalizers = experts.map((expert, e) => logits[(e * rows + row) * V] - expert[0]);
  const logNormalizer = normalizers.reduce((sum, normalizer, e) => sum + weights[e] * normalizer, 0);
  return { logProbabilities, logNormalizer, weights };
}
