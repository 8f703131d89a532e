/**
 * The smallest experts there are: the base model with a bias of its own over the vocabulary, p_e(v | h) ∝ p_0(v | h) · exp(b_e[v]).
 * Several starts of K experts go side by side. Letters: N documents, V tokens of the vocabulary, M experts of all starts together.
 */
import type { Random } from '../../../../base/random';
import type { PredictedDocument, Predictions } from './predictions';

/** All that the next round depends on, beside the documents. */
export interface ExpertsState {
  /** b [V, M]. */
  readonly bias: Float32Array;
  /** Weighted counts of tokens in the experts' documents [V, M]. */
  readonly counts: Float64Array;
  /** What the experts expected of them [V, M]. */
  readonly expected: Float64Array;
  /** ln p(e) [M]. */
  readonly logPriors: Float64Array;
  /** P(e | d), over the experts of each start, as the last round had it [N, M]. */
  readonly posteriors: Float32Array;
  /** Σ weight · ln(p_e(token) / p_0(token)) of each document, judged without its own counts [N, M]. */
  readonly scores: Float64Array;
}

/** What a round is made with. */
export interface Temper {
  /** Inverse temperature of the posteriors; Infinity: the most probable expert alone; `kept`: documents stay where they are. */
  readonly beta: number | 'kept';
  /** Tokens that every expert is taken to have seen of the corpus as a whole, beside its own documents' tokens. */
  readonly pseudoTokens: number;
}

/** The corpus as a whole. */
export interface Corpus {
  /** Share of each token [V], none of them zero. */
  readonly shares: Float64Array;
  /** What the base model expects of them in the mean [V], none of them zero. */
  readonly foreseen: Float64Array;
  /** Tokens, of which repetitions are dampened. */
  readonly tokens: number;
}

export class LogBiasExperts {
  readonly M: number;
  readonly V: number;
  private state: ExpertsState;

  constructor(
    private readonly predictions: Predictions,
    private readonly corpus: Corpus,
    /** Experts of each start. */
    readonly K: number,
    readonly starts: number,
  ) {
    const N = predictions.documents.length;
    const [M, V] = [K * starts, corpus.shares.length];
    this.M = M;
    this.V = V;
    this.state = {
      bias: new Float32Array(V * M),
      counts: new Float64Array(V * M),
      expected: new Float64Array(V * M),
      logPriors: new Float64Array(M).fill(-Math.log(K)),
      posteriors: new Float32Array(N * M),
      scores: new Float64Array(N * M),
    };
  }

  /** The arrays are the live ones. */
  save(): ExpertsState {
    return this.state;
  }

  restore(state: ExpertsState): void {
    this.state = state;
  }

  /** The experts of every start learn from posteriors drawn at random. */
  begin(randoms: readonly Random[]): void {
    const { K, M } = this;
    const { posteriors } = this.state;
    randoms.forEach((random, start) => {
      for (let at = start * K; at < posteriors.length; at += M) {
        for (let e = 0; e < K; e++) posteriors[at + e] = -Math.log(1 - random.uniform());
        normalise(posteriors, at, K);
      }
    });
    this.learn();
  }

  /** The experts of each start learn from the documents of its piles; −1 is a document that is in none. */
  beginWith(piles: readonly Int32Array[]): void {
    const { K, M } = this;
    const { posteriors } = this.state;
    piles.forEach((assignments, start) =>
      assignments.forEach((pile, d) => {
        const at = d * M + start * K;
        if (pile >= 0) posteriors[at + pile] = 1;
        else posteriors.fill(1 / K, at, at + K);
      }),
    );
    this.learn();
  }

  /** Counts of the experts' documents against what the base model expects of any. */
  private learn(): void {
    const { M } = this;
    const { foreseen } = this.corpus;
    const { counts, expected } = this.state;
    this.predictions.documents.forEach((document, d) => this.count(document, d, counts));
    const totals = new Float64Array(M);
    counts.forEach((count, i) => (totals[i % M] += count));
    for (let i = 0; i < expected.length; i++) expected[i] = foreseen[Math.floor(i / M)] * totals[i % M];
    this.weigh();
  }

  /** The M-step on the posteriors, then all documents are judged anew. */
  round({ beta, pseudoTokens }: Temper): void {
    const { M, V } = this;
    this.scale(pseudoTokens);
    const priors = this.corpus.shares.map((share) => pseudoTokens * share);
    const tilt = this.tilt();
    const counts = new Float64Array(V * M);
    const expected = new Float64Array(V * M);
    const rests = new Float64Array(M);
    this.predictions.documents.forEach((document, d) => {
      const normalisers = this.normalisers(document, tilt);
      const own = this.state.posteriors.subarray(d * M, (d + 1) * M);
      const scores = this.state.scores.subarray(d * M, (d + 1) * M);
      this.judge(document, { own, normalisers, priors }, scores);
      if (beta !== 'kept') this.decide(scores, beta, own);
      this.expect(document, { own, normalisers }, expected, rests);
      this.count(document, d, counts);
    });
    const { spread } = this.predictions;
    for (let i = 0; i < expected.length; i++) {
      expected[i] = (expected[i] + rests[i % M] * spread[Math.floor(i / M)]) * tilt.of[i];
    }
    this.state = { ...this.state, counts, expected };
    this.weigh();
  }

  /**
   * One step of iterative scaling (Darroch and Ratcliff 1972): it makes experts expect what their documents have, and the corpus as a
   * whole in places of the mean.
   */
  private scale(pseudoTokens: number): void {
    const { M } = this;
    const { shares, foreseen } = this.corpus;
    const { bias, counts, expected } = this.state;
    const tilted = new Float64Array(M);
    bias.forEach((b, i) => (tilted[i % M] += foreseen[Math.floor(i / M)] * Math.exp(b)));
    for (let i = 0; i < bias.length; i++) {
      const v = Math.floor(i / M);
      const foreseenHere = (foreseen[v] * Math.exp(bias[i])) / tilted[i % M];
      bias[i] += Math.log((counts[i] + pseudoTokens * shares[v]) / (expected[i] + pseudoTokens * foreseenHere));
    }
  }

  /** exp(b) [V, M], and its mean over the rests [M]. */
  private tilt(): { readonly of: Float32Array; readonly rest: Float64Array } {
    const { M } = this;
    const of = this.state.bias.map(Math.exp);
    const rest = new Float64Array(M);
    const { spread } = this.predictions;
    of.forEach((tilt, i) => (rest[i % M] += spread[Math.floor(i / M)] * tilt));
    return { of, rest };
  }

  /** Σ_v p_0(v) · exp(b_e[v]) at each token [n, M]. */
  private normalisers(
    { tokens, starts, ids, probabilities, rests }: PredictedDocument,
    tilt: { readonly of: Float32Array; readonly rest: Float64Array },
  ): Float32Array {
    const { M } = this;
    const result = new Float32Array(tokens.length * M);
    const sums = new Float64Array(M);
    for (let t = 0; t < tokens.length; t++) {
      for (let m = 0; m < M; m++) sums[m] = rests[t] * tilt.rest[m];
      for (let j = starts[t]; j < starts[t + 1]; j++) {
        const [p, from] = [probabilities[j], ids[j] * M];
        for (let m = 0; m < M; m++) sums[m] += p * tilt.of[from + m];
      }
      result.set(sums, t * M);
    }
    return result;
  }

  /** Without its own counts, else every document is at home wherever it lies, and the first round decides. */
  private judge(
    { tokens, weights, together }: PredictedDocument,
    { own, normalisers, priors }: Judging & { readonly priors: Float64Array },
    scores: Float64Array,
  ): void {
    const { M } = this;
    const { bias, counts } = this.state;
    scores.fill(0);
    for (let t = 0; t < tokens.length; t++) {
      const from = tokens[t] * M;
      const prior = priors[tokens[t]];
      for (let m = 0; m < M; m++) {
        const count = counts[from + m];
        const others = Math.max(0, count - together[t] * own[m]);
        const share = (others + prior) / ((count + prior) * normalisers[t * M + m]);
        scores[m] += weights[t] * (bias[from + m] + Math.log(share));
      }
    }
  }

  private decide(scores: Float64Array, beta: number, posteriors: Float32Array): void {
    const { K, M } = this;
    const { logPriors } = this.state;
    for (let from = 0; from < M; from += K) {
      let most = -Infinity;
      for (let m = from; m < from + K; m++) most = Math.max(most, scores[m] + logPriors[m]);
      for (let m = from; m < from + K; m++) {
        const behind = scores[m] + logPriors[m] - most;
        posteriors[m] = behind === 0 ? 1 : Math.exp(beta * behind);
      }
      normalise(posteriors, from, K);
    }
  }

  /** Adds what experts with these posteriors expect, but for exp(b): of large probabilities to `expected` [V, M], of rests to `all` [M]. */
  private expect(
    { tokens, weights, starts, ids, probabilities, rests }: PredictedDocument,
    { own, normalisers }: Judging,
    expected: Float64Array,
    all: Float64Array,
  ): void {
    const { M } = this;
    const drawn = new Float64Array(M);
    for (let t = 0; t < tokens.length; t++) {
      for (let m = 0; m < M; m++) {
        drawn[m] = (weights[t] * own[m]) / normalisers[t * M + m];
        all[m] += rests[t] * drawn[m];
      }
      for (let j = starts[t]; j < starts[t + 1]; j++) {
        const [p, from] = [probabilities[j], ids[j] * M];
        for (let m = 0; m < M; m++) expected[from + m] += p * drawn[m];
      }
    }
  }

  private count({ tokens, weights }: PredictedDocument, d: number, counts: Float64Array): void {
    const { M } = this;
    const own = this.state.posteriors.subarray(d * M, (d + 1) * M);
    for (let t = 0; t < tokens.length; t++) {
      const from = tokens[t] * M;
      for (let m = 0; m < M; m++) counts[from + m] += weights[t] * own[m];
    }
  }

  private weigh(): void {
    const { M, K } = this;
    const { posteriors, logPriors } = this.state;
    const sizes = new Float64Array(M).fill(1);
    posteriors.forEach((p, i) => (sizes[i % M] += p));
    sizes.forEach((size, m) => (logPriors[m] = Math.log(size / (posteriors.length / M + K))));
  }

  /** P(e | d) [N, K] under the experts of one start, and ln Σ_e p(e) p_e(d)/p_0(d) of each document [N], in nats. */
  found(start: number): { readonly posteriors: Float64Array; readonly gains: Float64Array } {
    return this.mixtureOf(start, this.state.scores);
  }

  /**
   * The same of documents that the experts never learned from, with what `scores` [N, M] they have; `judgeOthers` makes these.
   */
  mixtureOf(start: number, scores: Float64Array): { readonly posteriors: Float64Array; readonly gains: Float64Array } {
    const { K, M } = this;
    const { logPriors } = this.state;
    const N = scores.length / M;
    const posteriors = new Float64Array(N * K);
    const gains = new Float64Array(N);
    for (let d = 0; d < N; d++) {
      const at = d * M + start * K;
      let most = -Infinity;
      for (let e = 0; e < K; e++) most = Math.max(most, scores[at + e] + logPriors[start * K + e]);
      let sum = 0;
      for (let e = 0; e < K; e++) {
        sum += posteriors[d * K + e] = Math.exp(scores[at + e] + logPriors[start * K + e] - most);
      }
      for (let e = 0; e < K; e++) posteriors[d * K + e] /= sum;
      gains[d] = most + Math.log(sum);
    }
    return { posteriors, gains };
  }

  /** Scores [N, M] of documents that the experts did not learn from. */
  judgeOthers({ documents }: Pick<Predictions, 'documents'>): Float64Array {
    const { M } = this;
    const tilt = this.tilt();
    const scores = new Float64Array(documents.length * M);
    const own = new Float32Array(M);
    const priors = new Float64Array(this.V).fill(1);
    documents.forEach((document, d) => {
      const normalisers = this.normalisers(document, tilt);
      this.judge(document, { own, normalisers, priors }, scores.subarray(d * M, (d + 1) * M));
    });
    return scores;
  }
}

/** How a document lies among the experts [M], and what they are normalised by at each of its tokens [n, M]. */
interface Judging {
  readonly own: Float32Array;
  readonly normalisers: Float32Array;
}

function normalise(values: Float32Array, from: number, count: number): void {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += values[i];
  for (let i = from; i < from + count; i++) values[i] /= sum;
}
