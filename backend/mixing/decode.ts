import type { ExpertStack } from '../model/experts/stack';
import type { Combine, Combined, Distributions } from '../model/decoding/generate';
import { exponentials, largestOf } from '../base/exponentials';
import { logSumExp } from '../model/decoding/sampling';
import type { LanguageModel } from '../model/language-model';
import { score } from '../model/score';
import { GrowingText, type TextSource } from '../model/tokenizer/token-text';
import { type Choice, everybody } from './choice';
import { columnCount, columnOfStates } from './base-column';
import type { Exponents, FittedWeighting } from './weighting';

/**
 * What experts say together while a text is generated, of all columns of the weighting that read it together. One per text: it remembers
 * the prefix. `choose` decides who speaks, but not where it is asked about each of the tokens.
 */
export function mixtureCombine(
  weighting: FittedWeighting,
  model: LanguageModel,
  stack: ExpertStack | undefined,
  choose: Choice = everybody,
): (...read: Parameters<Combine>) => Promise<Distributions> {
  const { needs, exponents } = weighting;
  const columns = columnCount(weighting);
  const weigh = prefixWeights(weighting, model.tokenizer);
  const losses = needs.losses && new PrefixLosses(columns, model, stack);
  return async (next, tokens, { each = false } = {}) => {
    const { logits, hidden, rows } = next;
    const opinions = Opinions.of(logits, columns, rows);
    const weights = weigh(tokens, { nll: await losses?.of(tokens, opinions), hidden });
    const asked = weights.slice(-rows);
    return spokenBy(opinions, asked, each ? asked : asked.map(choose), exponents);
  };
}

/** What was read of tokens [T]. What a weighting does not need may be absent. */
interface Reading {
  /** [columns, T] */
  readonly nll?: Float64Array | undefined;
  /** [columns, T, D]; of a base model that is probed its own, [1, T, D], are enough. */
  readonly hidden?: Float32Array | undefined;
}

/** Reads tokens [T] after those read before, and gives the log weights [k] after each of them. */
export function prefixWeights(
  weighting: FittedWeighting,
  source: TextSource,
): (tokens: ArrayLike<number>, reading?: Reading) => Float64Array[] {
  const { k, needs } = weighting;
  const read = weighting.start();
  const text = new GrowingText(source);
  return (tokens, { nll, hidden } = {}) => {
    const T = tokens.length;
    const opinion = (e: number, t: number): number => {
      if (needs.hidden === undefined || hidden === undefined) return 0;
      const { size, opinion } = needs.hidden;
      const column = columnOfStates(weighting, e, hidden.length / (T * size));
      return opinion(hidden, (column * T + t) * size, e);
    };
    return Array.from(tokens, (token, t) =>
      read({
        losses: Float64Array.from({ length: k }, (_, e) => nll?.[e * T + t] ?? 0),
        opinions: Float64Array.from({ length: k }, (_, e) => opinion(e, t)),
        text: needs.text === undefined ? '' : text.push(token),
      }),
    );
  };
}

/** Distributions of experts that speak by some of the weights, told with all of them. */
export function spokenBy(
  opinions: Opinions,
  weights: readonly Float64Array[],
  speaking: readonly Float64Array[],
  exponents?: Exponents,
): Distributions {
  return (row) => {
    const mixed = opinions.mixed(row, speaking[row]);
    const spoken = exponents === undefined ? mixed : opinions.raised(row, mixed, exponents);
    return { ...spoken, weights: weights[row].map(Math.exp) };
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

/** What experts say after tokens, as probabilities. What a row's logits are shifted by is found once. */
export class Opinions {
  private readonly V: number;
  /** [k, R]: what lies between a logit and its log-probability; NaN where nobody asked yet. */
  private readonly normalizers: Float64Array;
  private readonly parts: Float64Array;

  /** `logits`: [R, V] of each expert; of those without weight nothing need be there. */
  constructor(
    private readonly logits: readonly Float32Array[],
    readonly rows: number,
  ) {
    this.V = Math.max(...logits.map(({ length }) => length)) / rows;
    this.normalizers = new Float64Array(logits.length * rows).fill(NaN);
    this.parts = new Float64Array(this.V);
  }

  /** `logits`: [columns, R, V]. */
  static of(logits: Float32Array, columns: number, rows: number): Opinions {
    const size = logits.length / columns;
    const ofEach = Array.from({ length: columns }, (_, e) => logits.subarray(e * size, (e + 1) * size));
    return new Opinions(ofEach, rows);
  }

  /** Nats of a token that stands after row `row`, under expert e. */
  nll(e: number, row: number, token: number): number {
    const at = e * this.rows + row;
    if (Number.isNaN(this.normalizers[at])) this.exponentiate(e, row);
    return this.normalizers[at] - this.logits[e][row * this.V + token];
  }

  /** log Σ_e w_e p_e over the vocabulary, in a row. */
  mixed(row: number, logWeights: Float64Array): Omit<Combined, 'weights'> {
    const { V, parts, rows, normalizers } = this;
    const logProbabilities = new Float64Array(V);
    let logNormalizer = 0;
    for (let e = 0; e < logWeights.length; e++) {
      const weight = Math.exp(logWeights[e]);
      if (weight === 0) continue;
      const share = weight / this.exponentiate(e, row);
      logNormalizer += weight * normalizers[e * rows + row];
      for (let token = 0; token < V; token++) logProbabilities[token] += share * parts[token];
    }
    for (let token = 0; token < V; token++) {
      const p = logProbabilities[token];
      logProbabilities[token] = p > surelyWhole ? Math.log(p) : this.mixedAt(token, row, logWeights);
    }
    return { logProbabilities, logNormalizer };
  }

  /** What was mixed in a row, raised to a power, times the last column's distribution raised to another: over the vocabulary, normalised. */
  raised(row: number, mixed: Omit<Combined, 'weights'>, { mixture, base }: Exponents): Omit<Combined, 'weights'> {
    const { V, parts, logits } = this;
    const last = logits.length - 1;
    const between = base === 0 ? 0 : -this.nll(last, row, 0) - logits[last][row * V];
    const logProbabilities = mixed.logProbabilities.map(
      (log, token) => mixture * log + (base === 0 ? 0 : base * (logits[last][row * V + token] + between)),
    );
    const largest = largestOf(logProbabilities, 0, V);
    const total = largest + Math.log(exponentials(logProbabilities, 0, largest, parts));
    for (let token = 0; token < V; token++) logProbabilities[token] -= total;
    return { logProbabilities, logNormalizer: total + mixture * mixed.logNormalizer - base * between };
  }

  /**
   * Nats of a token by such exponents, with what they change by: [6], the nats, their slopes in both exponents, and their curvatures (mixture,
   * both, base). Slopes and curvatures are means and covariances of both log-probabilities under what is said.
   */
  raisedNats(row: number, mixed: Omit<Combined, 'weights'>, exponents: Exponents, token: number): Float64Array {
    const { V, parts, logits } = this;
    const last = logits.length - 1;
    const [ofMixture, ofBase] = [mixed.logProbabilities, logits[last]];
    const { logProbabilities } = this.raised(row, mixed, exponents);
    exponentials(logProbabilities, 0, 0, parts);
    const between = -this.nll(last, row, 0) - ofBase[row * V];
    let [m, b, mm, mb, bb] = [0, 0, 0, 0, 0];
    for (let i = 0; i < V; i++) {
      const [p, x, y] = [parts[i], ofMixture[i], ofBase[row * V + i] + between];
      if (p === 0) continue;
      m += p * x;
      b += p * y;
      mm += p * x * x;
      mb += p * x * y;
      bb += p * y * y;
    }
    const [x, y] = [ofMixture[token], ofBase[row * V + token] + between];
    return Float64Array.of(-logProbabilities[token], m - x, b - y, mm - m * m, mb - m * b, bb - b * b);
  }

  private mixedAt(token: number, row: number, logWeights: Float64Array): number {
    return logSumExp(
      logWeights.map((weight, e) => (Math.exp(weight) === 0 ? -Infinity : weight - this.nll(e, row, token))),
    );
  }

  /** Probabilities in a row as multiples of the largest, to `parts`; returns their sum. */
  private exponentiate(e: number, row: number): number {
    const [logits, from] = [this.logits[e], row * this.V];
    const largest = largestOf(logits, from, this.V);
    const total = exponentials(logits, from, largest, this.parts);
    this.normalizers[e * this.rows + row] = largest + Math.log(total);
    return total;
  }
}
