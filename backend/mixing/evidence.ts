/** What experts make of texts, as far as a weighting needs it, and what texts cost under what it makes of them. */
import { logSumExp } from '../model/decoding/sampling';
import type { FittedWeighting } from './weighting';

/**
 * What k columns make of one stretch of a text: of its prefix token and n predicted ones. A weighting of fewer takes the first of them.
 */
export interface Evidence {
  readonly k: number;
  readonly n: number;
  /** Nats [k, n] of each predicted token under each expert. */
  readonly nll: Float32Array;
  /** What a weighting keeps of the hidden states after the tokens before, [columns that it weighs, n]. */
  readonly opinions?: Float32Array;
  /** [n + 1]: what each token adds to the text. */
  readonly texts?: readonly string[];
  /** [n, 6]: of each predicted token under what the weighting makes of the experts, where that is no mixture, see `Opinions.raisedNats`. */
  readonly spoken?: Float64Array;
}

/** log weights [k, n] of the experts for each token of a text's stretches. */
export function logWeights(
  weighting: Pick<FittedWeighting, 'k' | 'memory' | 'start'>,
  stretches: readonly Evidence[],
): Float64Array[] {
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
export function mixtureNll({ nll, n }: Pick<Evidence, 'nll' | 'n'>, weights: Float64Array): Float64Array {
  const k = weights.length / n;
  const terms = new Float64Array(k);
  return Float64Array.from({ length: n }, (_, t) => {
    for (let e = 0; e < k; e++) terms[e] = weights[e * n + t] - nll[e * n + t];
    return -logSumExp(terms);
  });
}

/** Nats [n] of the tokens of each stretch of a text. Where no mixture is said, the evidence must have been read for this weighting. */
export function textNats(weighting: FittedWeighting, stretches: readonly Evidence[]): Float64Array[] {
  if (weighting.exponents !== undefined) return stretches.map(spokenNats);
  const weights = logWeights(weighting, stretches);
  return stretches.map((stretch, i) => mixtureNll(stretch, weights[i]));
}

/** Numbers of each token in `spoken`. */
export const spokenNumbers = 6;

/** Nats [n] of a stretch's tokens by the weighting's exponents. */
function spokenNats({ spoken, n }: Evidence): Float64Array {
  if (spoken === undefined) throw new Error('the evidence was read for another weighting');
  return Float64Array.from({ length: n }, (_, t) => spoken[spokenNumbers * t]);
}

/** Nats of a text, given as its stretches. */
export function totalNats(weighting: FittedWeighting, stretches: readonly Evidence[]): number {
  return textNats(weighting, stretches).reduce((total, nats) => total + nats.reduce((sum, one) => sum + one, 0), 0);
}

/** Nats per token of texts of one stretch each. */
export function meanNll(weighting: FittedWeighting, texts: readonly Evidence[]): number {
  const total = texts.reduce((sum, text) => sum + totalNats(weighting, [text]), 0);
  return (
    total /
    Math.max(
      1,
      texts.reduce((sum, { n }) => sum + n, 0),
    )
  );
}
