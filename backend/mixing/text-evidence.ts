/** Experts read texts, and what a weighting needs of it is kept. */
import { Decoder } from '../model/decoding/decoder';
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import { byText, scoreBatches } from '../model/score';
import { GrowingText, type TextSource } from '../model/tokenizer/token-text';
import { columnOfStates, columnsOf } from './base-column';
import { Opinions } from './decode';
import { type Evidence, logWeights } from './evidence';
import type { Exponents, FittedWeighting } from './weighting';

/** A weighting as far as reading for it goes. */
export type Weighed = Pick<
  FittedWeighting,
  'k' | 'base' | 'exponents' | 'needs' | 'memory' | 'start' | 'toJson' | 'files'
>;

/** What a weighting needs of texts, each given as its stretches (token sequences with their prefix tokens). */
export async function textEvidence(
  model: LanguageModel,
  stack: ExpertStack,
  weighting: Weighed,
  texts: readonly (readonly Int32Array[])[],
  onBatch: (sequences: number) => void = () => undefined,
): Promise<Evidence[][]> {
  const columns = columnsOf(stack, weighting);
  const { exponents } = weighting;
  const read = await byText(texts, (all) =>
    mixingEvidence(model, columns, weighting, all, exponents === undefined ? onBatch : undefined),
  );
  if (exponents === undefined) return read;
  for (const [i, stretches] of read.entries()) {
    const weights = logWeights(weighting, stretches);
    for (const [j, evidence] of stretches.entries()) {
      const spoken = await natsAloud(model, columns, texts[i][j], { weights: weights[j], exponents });
      stretches[j] = { ...evidence, spoken };
      onBatch(1);
    }
  }
  return read;
}

/** Float32 logits that are in memory at once, at most. */
const mostLogits = 2 ** 23;

/** Nats [exponents, n] of a stretch's tokens: these need whole distributions, which are there for a few tokens at a time. */
async function natsAloud(
  model: LanguageModel,
  columns: ExpertStack,
  tokens: Int32Array,
  { weights, exponents }: { readonly weights: Float64Array; readonly exponents: readonly Exponents[] },
): Promise<Float64Array> {
  const [n, V] = [tokens.length - 1, model.config.vocabularySize];
  const k = weights.length / n;
  const nats = new Float64Array(exponents.length * n);
  const most = Math.max(1, Math.floor(mostLogits / (columns.count * V)));
  const decoder = await Decoder.create(model, columns, { precision: 'full' });
  try {
    for (let from = 0; from < n; from += most) {
      const piece = tokens.subarray(from, Math.min(n, from + most));
      const { logits } = await decoder.read(piece, { each: true });
      const opinions = Opinions.of(logits, columns.count, piece.length);
      for (let row = 0; row < piece.length; row++) {
        const t = from + row;
        const mixed = opinions.mixed(
          row,
          Float64Array.from({ length: k }, (_, e) => weights[e * n + t]),
        );
        exponents.forEach((powers, g) => {
          nats[g * n + t] = -opinions.raised(row, mixed, powers).logProbabilities[tokens[t + 1]];
        });
      }
    }
  } finally {
    decoder.dispose();
  }
  return nats;
}

/** What token sequences give. */
async function mixingEvidence(
  model: LanguageModel,
  stack: ExpertStack,
  weighting: Weighed,
  sequences: readonly Int32Array[],
  onBatch: (sequences: number) => void = () => undefined,
): Promise<Evidence[]> {
  const result = new Array<Evidence>(sequences.length);
  const k = stack.count;
  const { hidden, text } = weighting.needs;
  await scoreBatches(
    model,
    sequences,
    stack,
    ({ indices, T, nll, hidden: states = new Float32Array(0) }) => {
      indices.forEach((index, row) => {
        const n = sequences[index].length - 1;
        const begin = (column: number): number => (column * indices.length + row) * T;
        const losses = new Float32Array(k * n);
        for (let e = 0; e < k; e++) losses.set(nll.subarray(begin(e), begin(e) + n), e * n);
        const opinions =
          hidden &&
          Float32Array.from({ length: weighting.k * n }, (_, i) => {
            const [e, t] = [Math.floor(i / n), i % n];
            return hidden.opinion(states, (begin(columnOfStates(weighting, e, k)) + t) * hidden.size, e);
          });
        const texts = text && { texts: textPieces(model.tokenizer, sequences[index]) };
        result[index] = { k, n, nll: losses, ...(opinions && { opinions }), ...texts };
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
