import type { ExpertStack } from '../model/experts/stack';
import type { Combine, Combined, Distributions } from '../model/decoding/generate';
import type { NextToken } from '../model/decoding/decoder';
import { exponentials, largestOf } from '../base/exponentials';
import { logSumExp } from '../model/decoding/sampling';
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
    const opinions = new Opinions(next, k);
    const nll = await losses?.of(tokens, opinions);
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
    return (row) => opinions.mixed(row, weights[T - rows + row]);
  };
}

/** Nats of the tokens of a growing text under each expert: from the logits before each where these are known, else scored anew. */
class PrefixLosses {
  private prefix: number[] = [];
  /** What the experts said before the tokens that are read next. */
  private before: Opinions | undefined;

  constructor(
    private readonly k: number,
    private readonly model: LanguageModel,
    private readonly stack: ExpertStack | undefined,
  ) {}

  /** [k, T] of the tokens just read, after which the experts say this; zero for the first of all. */
  async of(tokens: ArrayLike<number>, now: Opinions): Promise<Float64Array> {
    const { k, before } = this;
    const T = tokens.length;
    this.prefix.push(...Array.from(tokens));
    this.before = now;
    if (now.rows === T && (T > 1 || before !== undefined)) {
      return Float64Array.from({ length: k * T }, (_, i) => {
        const [e, t] = [Math.floor(i / T), i % T];
        if (t > 0) return now.nll(e, t - 1, tokens[t]);
        return before?.nll(e, before.rows - 1, tokens[0]) ?? 0;
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

/** Below it a sum of probabilities has lost what was too small for a float. */
const surelyWhole = 1e-290;

/** What k experts say after tokens, as probabilities. What a row's logits are shifted by is found once. */
class Opinions {
  readonly rows: number;
  private readonly logits: Float32Array;
  private readonly V: number;
  /** [k, R]: what lies between a logit and its log-probability; NaN where nobody asked yet. */
  private readonly normalizers: Float64Array;
  private readonly parts: Float64Array;

  constructor(
    { logits, rows }: NextToken,
    private readonly k: number,
  ) {
    this.rows = rows;
    this.logits = logits;
    this.V = logits.length / (k * rows);
    this.normalizers = new Float64Array(k * rows).fill(NaN);
    this.parts = new Float64Array(this.V);
  }

  /** Nats of a token that stands after row `row`, under expert e. */
  nll(e: number, row: number, token: number): number {
    const at = e * this.rows + row;
    if (Number.isNaN(this.normalizers[at])) this.exponentiate(at);
    return this.normalizers[at] - this.logits[at * this.V + token];
  }

  /** log Σ_e w_e p_e over the vocabulary, in a row. */
  mixed(row: number, logWeights: Float64Array): Combined {
    const { k, V, parts } = this;
    const weights = logWeights.map(Math.exp);
    const logProbabilities = new Float64Array(V);
    let logNormalizer = 0;
    for (let e = 0; e < k; e++) {
      if (weights[e] === 0) continue;
      const at = e * this.rows + row;
      const share = weights[e] / this.exponentiate(at);
      logNormalizer += weights[e] * this.normalizers[at];
      for (let token = 0; token < V; token++) logProbabilities[token] += share * parts[token];
    }
    for (let token = 0; token < V; token++) {
      const p = logProbabilities[token];
      logProbabilities[token] = p > surelyWhole ? Math.log(p) : this.mixedAt(token, row, logWeights);
    }
    return { logProbabilities, logNormalizer, weights };
  }

  private mixedAt(token: number, row: number, logWeights: Float64Array): number {
    return logSumExp(logWeights.map((weight, e) => (weight === -Infinity ? weight : weight - this.nll(e, row, token))));
  }

  /** Probabilities of a row as multiples of the largest, to `parts`; returns their sum. */
  private exponentiate(at: number): number {
    const from = at * this.V;
    const largest = largestOf(this.logits, from, this.V);
    const total = exponentials(this.logits, from, largest, this.parts);
    this.normalizers[at] = largest + Math.log(total);
    return total;
  }
}
