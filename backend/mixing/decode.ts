import type { AdapterStack } from '../model/adapters/adapter';
import type { Combine, Combined } from '../model/decoding/generate';
import { logSoftmaxOf, logSumExp } from '../model/decoding/sampling';
import type { LanguageModel } from '../model/language-model';
import { score } from '../model/score';
import { GrowingText } from '../model/tokenizer/token-text';
import type { FittedWeighting } from './weighting';

/** The mixture's next-token distribution while a text is generated. One per text: it remembers the prefix. */
export function mixtureCombine(
  weighting: FittedWeighting,
  model: LanguageModel,
  stack: AdapterStack | undefined,
): (...read: Parameters<Combine>) => Promise<Combined> {
  const { k, needs } = weighting;
  const read = weighting.start();
  const losses = needs.losses && new PrefixLosses(k, model, stack);
  const text = new GrowingText(model.tokenizer);
  let length = 0;
  return async ({ hidden, logits }, tokens) => {
    const T = tokens.length;
    const nll = await losses?.of(tokens, logits);
    let weights: Float64Array = new Float64Array(k);
    for (let t = 0; t < T; t++, length++) {
      weights = read({
        losses: Float64Array.from({ length: k }, (_, e) => nll?.[e * T + t] ?? 0),
        opinions: Float64Array.from({ length: k }, (_, e) =>
          needs.hidden === undefined ? 0 : needs.hidden.opinion(hidden, (e * T + t) * needs.hidden.size, e),
        ),
        text: needs.text === undefined || length === 0 ? '' : text.push(tokens[t]),
      });
    }
    return mix(logits, weights);
  };
}

/** Nats of the tokens of a growing text under each expert: from the logits before where one token came, else scored anew. */
class PrefixLosses {
  private prefix: number[] = [];
  private logits: Float32Array = new Float32Array(0);

  constructor(
    private readonly k: number,
    private readonly model: LanguageModel,
    private readonly stack: AdapterStack | undefined,
  ) {}

  /** [k, T] of the tokens just read, after which the experts give these logits; zero for the begin token. */
  async of(tokens: ArrayLike<number>, logits: Float32Array): Promise<Float64Array> {
    const { k, logits: before } = this;
    const T = tokens.length;
    this.prefix.push(...Array.from(tokens));
    this.logits = logits;
    if (T === 1 && before.length > 0) {
      const V = before.length / k;
      return Float64Array.from({ length: k }, (_, e) => -logSoftmaxOf(before, e * V, V)[tokens[0]]);
    }
    const n = this.prefix.length - 1;
    const [nll = new Float32Array(0)] = await score(this.model, [Int32Array.from(this.prefix)], this.stack);
    return Float64Array.from({ length: k * T }, (_, i) => {
      const at = n - T + (i % T);
      return at < 0 ? 0 : nll[Math.floor(i / T) * n + at];
    });
  }
}

/** log Σ_e w_e p_e over the vocabulary. */
function mix(logits: Float32Array, logWeights: Float64Array): Combined {
  const k = logWeights.length;
  const V = logits.length / k;
  const experts = Array.from(logWeights, (_, e) => logSoftmaxOf(logits, e * V, V));
  const terms = new Float64Array(k);
  const logProbabilities = Float64Array.from({ length: V }, (_, token) => {
    for (let e = 0; e < k; e++) terms[e] = logWeights[e] + experts[e][token];
    return logSumExp(terms);
  });
  return { logProbabilities, weights: logWeights.map(Math.exp) };
}
