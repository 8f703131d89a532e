/** Experts read texts, and what a weighting needs of it is kept. */
import { Decoder } from '../model/decoding/decoder';
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import { byText, scoreBatches } from '../model/score';
import { GrowingText, type TextSource } from '../model/tokenizer/token-text';
import { columnOfStates, columnsOf } from './base-column';
import { Opinions } from './decode';
import { type Evidence, logWeights, spokenNumbers } from './evidence';
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
  const decoder = await Decoder.create(model, columns, { precision: 'full' });
  try {
    for (const [i, stretches] of read.entries()) {
      const weights = logWeights(weighting, stretches);
      for (const [j, evidence] of stretches.entries()) {
        const said = { weights: weights[j], exponents, columns: columns.count, V: model.config.vocabularySize };
        stretches[j] = { ...evidence, spoken: await natsAloud(decoder, texts[i][j], said) };
        onBatch(1);
      }
    }
  } finally {
    decoder.dispose();
  }
  return read;
}

/** Float32 logits that are in memory at once, at most. */
const mostLogits = 2 ** 23;

interface Said {
  /** Log weights [k, n]. */
  readonly weights: Float64Array;
  readonly exponents: Exponents;
  readonly columns: number;
  readonly V: number;
}

/** `spoken` of a stretch: its tokens need whole distributions, which are there for a few tokens at a time. */
async function natsAloud(
  decoder: Decoder,
  tokens: Int32Array,
  { weights, exponents, columns, V }: Said,
): Promise<Float64Array> {
  const n = tokens.length - 1;
  const k = weights.length / n;
  const spoken = new Float64Array(spokenNumbers * n);
  const most = Math.max(1, Math.floor(mostLogits / (columns * V)));
  await decoder.rewind(0);
  for (let from = 0; from < n; from += most) {
    const piece = tokens.subarray(from, Math.min(n, from + most));
    const { logits } = await decoder.read(piece, { each: true });
    const opinions = Opinions.of(logits, columns, piece.length);
    for (let row = 0; row < piece.length; row++) {
      const t = from + row;
      const ofRow = Float64Array.from({ length: k }, (_, e) => weights[e * n + t]);
      const mixed = opinions.mixed(row, ofRow);
      spoken.set(opinions.raisedNats(row, mixed, exponents, tokens[t + 1]), spokenNumbers * t);
    }
  }
  return spoken;
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
