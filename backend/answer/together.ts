/** Experts that write each token together, each after what it alone was told: their distributions are mixed by who predicts the shared text best. */
import { UserError } from '../base/errors';
import { mixtureCombine } from '../mixing/decode';
import { posteriorWeights } from '../mixing/weightings/posterior/posterior';
import { Decoder } from '../model/decoding/decoder';
import type { Combine, Distributions, ReadOptions, Speaker } from '../model/decoding/generate';
import type { ExpertStack } from '../model/experts/stack';
import type { LanguageModel } from '../model/language-model';
import type { Prompt } from '../protocol/answers';
import type { Answerer } from './answerer';
import { openingOf } from './prompt';
import { writeAnswer } from './write';

/** One who writes with others. */
export interface Voice {
  readonly name: string;
  /** Its expert alone. */
  readonly stack: ExpertStack;
  /** The prompt as it reads it: with its role before the words that all read. */
  readonly told: (prompt: Prompt) => Prompt;
}

/**
 * What these voices say together. Their weights are the posterior of the text that all have read (DEMix, Gururangan et al. 2022), each
 * reading it after its own role; at the beginning they are equal.
 */
export function togetherAnswerer(model: LanguageModel, voices: readonly Voice[]): Answerer {
  const experts = voices.map(({ name }) => name);
  const begin = (prompt: Prompt, maxTokens: number): Promise<Voices> => Voices.begin(model, voices, prompt, maxTokens);
  return {
    experts,
    answer: (prompt, settings, watch) =>
      writeAnswer(
        { model, stack: undefined, experts },
        () => begin(prompt, settings.maxTokens),
        prompt,
        { ...settings, shorten: true },
        watch,
      ),
    score: async (passages, { signal } = {}) => {
      const result: Float64Array[] = [];
      for (const { text, after } of passages) {
        signal?.throwIfAborted();
        if (after === undefined) {
          throw new UserError(
            'A text that stands alone gives experts with roles no prompt to begin with, so it has no score.',
            'Score it as what goes on from a prompt.',
          );
        }
        result.push(await scoreAfter(model, (maxTokens) => begin(after, maxTokens), after, text));
      }
      return result;
    },
  };
}

/** Nats of each token of a text after a prompt. */
async function scoreAfter(
  model: LanguageModel,
  begin: (maxTokens: number) => Promise<Voices>,
  after: Prompt,
  text: string,
): Promise<Float64Array> {
  const tokens = Int32Array.from(model.tokenizer.tokens(text));
  if (tokens.length === 0) return new Float64Array(0);
  const voices = await begin(tokens.length);
  try {
    const opening = openingOf(model, after, { shorten: true, maxTokens: tokens.length }).tokens;
    const first = await voices.read(opening.subarray(voices.length));
    const rest = tokens.length > 1 ? await voices.read(tokens.subarray(0, -1), { each: true }) : first;
    return Float64Array.from(tokens, (token, t) => -(t === 0 ? first(0) : rest(t - 1)).logProbabilities[token]);
  } finally {
    voices.dispose();
  }
}

/** Tokens of which the distributions of all voices are held at once, at most. */
const together = 64;

/** Decoders side by side. What they were told apart is read before; `length` counts what all read. */
class Voices implements Speaker {
  private constructor(
    private readonly decoders: readonly Decoder[],
    private readonly combine: Combine,
    public length: number,
  ) {}

  /** Throws UserError where what a voice is told leaves the prompt no room. */
  static async begin(
    model: LanguageModel,
    voices: readonly Voice[],
    prompt: Prompt,
    maxTokens: number,
  ): Promise<Voices> {
    const settings = { shorten: true, maxTokens };
    const plain = openingOf(model, prompt, settings).tokens;
    const openings = voices.map(({ told }) => openingOf(model, told(prompt), settings).tokens);
    const shared = Math.max(1, Math.min(...openings.map((opening) => commonEnd(opening, plain))));
    const decoders: Decoder[] = [];
    for (const [i, { stack }] of voices.entries()) {
      const decoder = await Decoder.create(model, stack);
      decoders.push(decoder);
      const own = openings[i].subarray(0, openings[i].length - shared);
      if (own.length > 0) await decoder.read(own);
    }
    const weighting = posteriorWeights({ shares: voices.map(() => 1 / voices.length) });
    return new Voices(decoders, mixtureCombine(weighting, model, undefined), plain.length - shared);
  }

  get room(): number {
    return Math.min(...this.decoders.map(({ room }) => room));
  }

  async read(tokens: ArrayLike<number>, { each = false }: ReadOptions = {}): Promise<Distributions> {
    const all = Int32Array.from(tokens);
    const rows: Distributions[] = [];
    for (let from = 0; from < all.length; from += together) {
      const part = all.subarray(from, from + together);
      const said = await this.readPart(part);
      for (let row = 0; row < part.length; row++) rows.push(() => said(row));
      // The distributions of parts before the last are held only where they are asked for.
      if (!each) rows.splice(0, rows.length - 1);
    }
    return (row) => rows[row](row);
  }

  /** What comes after each of the tokens: the weights need to know how probable each was. */
  private async readPart(tokens: Int32Array): Promise<Distributions> {
    const [T, k] = [tokens.length, this.decoders.length];
    const logits: Float32Array[] = [];
    for (const decoder of this.decoders) logits.push((await decoder.read(tokens, { each: true })).logits);
    this.length += T;
    const joined = new Float32Array(k * logits[0].length);
    logits.forEach((own, e) => joined.set(own, e * own.length));
    return this.combine({ logits: joined, rows: T, hidden: new Float32Array(0), T }, tokens, { each: true });
  }

  dispose(): void {
    for (const decoder of this.decoders) decoder.dispose();
  }
}

/** How many tokens two openings have in common at their ends. */
function commonEnd(a: Int32Array, b: Int32Array): number {
  let count = 0;
  while (count < Math.min(a.length, b.length) && a[a.length - 1 - count] === b[b.length - 1 - count]) count++;
  return count;
}
