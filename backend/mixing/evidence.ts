/** What experts make of texts, as far as a weighting needs it, and what texts cost under the mixture that it makes of them. */
import type { ExpertStack } from '../model/experts/stack';
import { logSumExp } from '../model/decoding/sampling';
import type { LanguageModel } from '../model/language-model';
import { scoreBatches } from '../model/score';
import { GrowingText, type TextSource } from '../model/tokenizer/token-text';
import type { FittedWeighting, TokenNeeds } from './weighting';

/** What k experts make of one stretch of a text: of its prefix token and n predicted ones. */
export interface Evidence {
  readonly k: number;
  readonly n: number;
  /** Nats [k, n] of each predicted token under each expert. */
  readonly nll: Float32Array;
  /** [k, n]: what a weighting keeps of each expert's hidden state after the tokens before. */
  readonly opinions?: Float32Array;
  /** [n + 1]: what each token adds to the text. */
  readonly texts?: readonly string[];
}

/** What a weighting needs of texts (token sequences with their prefix tokens). */
export async function mixingEvidence(
  model: LanguageModel,
  stack: ExpertStack,
  { hidden, text }: TokenNeeds,
  sequences: readonly Int32Array[],
  onBatch: (sequences: number) => void = () => undefined,
): Promise<Evidence[]> {
  const result = new Array<Evidence>(sequences.length);
  const k = stack.count;
  await scoreBatches(
    model,
    sequences,
    stack,
    ({ indices, T, nll, hidden: states = new Float32Array(0) }) => {
      indices.forEach((index, row) => {
        const n = sequences[index].length - 1;
        const evidence = { k, n, nll: new Float32Array(k * n), opinions: new Float32Array(hidden ? k * n : 0) };
        for (let e = 0; e < k; e++) {
          const from = (e * indices.length + row) * T;
          evidence.nll.set(nll.subarray(from, from + n), e * n);
          if (hidden === undefined) continue;
          for (let t = 0; t < n; t++) {
            evidence.opinions[e * n + t] = hidden.opinion(states, (from + t) * hidden.size, e);
          }
        }
        const texts = text && { texts: textPieces(model.tokenizer, sequences[index]) };
        result[index] = { ...evidence, ...texts };
      });
      onBatch(indices.length);
    },
    { hidden: hidden !== undefined },
  );
  return result;
}

/** What each token of a sequence adds to the text; nothing by the prefix token. */
export function textPieces(source: TextSource, tokens: ArrayLike<number>): string[] {
  const text = new GrowingText(source);
  return Array.from(tokens, (token, t) => (t === 0 ? '' : text.push(token)));
}

/** log weights [k, n] of the experts for each token of a text's stretches. */
export function logWeights(weighting: FittedWeighting, stretches: readonly Evidence[]): Float64Array[] {
  const { k, memory } = weighting;
  const token = { losses: new Float64Array(k), opinions: new Float64Array(k), text: '' };
  let read = weighting.start();
  return stretches.map(({ n, nll, opinions, texts }, stretch) => {
    if (memory === 'stretch' && stretch > 0) {
      read = weighting.start();
      token.losses.fill(0);
      token.text = '';
    }
    const result = new Float64Array(k * n);
    for (let t = 0; t < n; t++) {
      if (opinions !== undefined) for (let e = 0; e < k; e++) token.opinions[e] = opinions[e * n + t];
      const weights = read(token);
      for (let e = 0; e < k; e++) {
        result[e * n + t] = weights[e];
        token.losses[e] = nll[e * n + t];
      }
      // The prefix token of a further stretch stands for the last token before it.
      token.text = texts?.[t + 1] ?? '';
    }
    return result;
  });
}

/** Nats [n] of a stretch's tokens under Σ_e w_e p_e, in log space. Never worse than expert e by more than −log w_e. */
export function mixtureNll({ nll, k, n }: Pick<Evidence, 'nll' | 'k' | 'n'>, weights: Float64Array): Float64Array {
  const terms = new Float64Array(k);
  return Float64Array.from({ length: n }, (_, t) => {
    for (let e = 0; e < k; e++) terms[e] = weights[e * n + t] - nll[e * n + t];
    return -logSumExp(terms);
  });
}

/** Nats of a text, given as its stretches, under the mixture. */
export function mixtureTotal(weighting: FittedWeighting, stretches: readonly Evidence[]): number {
  const weights = logWeights(weighting, stretches);
  let total = 0;
  stretches.forEach((stretch, i) => {
    for (const nats of mixtureNll(stretch, weights[i])) total += nats;
  });
  return total;
}

/** Nats per token of texts of one stretch each. */
export function meanNll(weighting: FittedWeighting, texts: readonly Evidence[]): number {
  let total = 0;
  let tokens = 0;
  for (const text of texts) {
    for (const nats of mixtureNll(text, logWeights(weighting, [text])[0])) total += nats;
    tokens += text.n;
  }
  return total / Math.max(1, tokens);
}
