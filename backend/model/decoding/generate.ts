import { createRandom } from '../../base/random';
import type { Decoder, NextToken } from './decoder';
import { Penalties, type PenaltySettings } from './penalties';
import { logSoftmaxOf, mostProbable, sampleToken, type SamplingSettings } from './sampling';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { GrowingText } from '../tokenizer/token-text';

export interface GenerationSettings extends SamplingSettings, PenaltySettings {
  readonly maxTokens: number;
  /** Generation ends where one of these appears; it is not part of the answer. */
  readonly stop: readonly string[];
  readonly seed: number;
  /** How many of the most probable tokens are told with each token; none by default. */
  readonly alternatives?: number;
}

/** Why a text ended: an end token or a stop text came, or there is no room for more. */
export type Finish = 'stop' | 'length';

/** What could stand in a token's place. */
export interface Alternative {
  /** The text that it would add; empty for a token that ends the text. */
  readonly text: string;
  readonly logProbability: number;
}

/** One generated token. */
export interface GeneratedToken {
  readonly id: number;
  /** The text that became certain with this token; empty in the middle of a character or of a possible stop text. */
  readonly text: string;
  /** Nats, under the distribution as it was before penalties, temperature and what narrows the choice. */
  readonly logProbability: number;
  /** [k]: how much each expert had to say, where several spoke. */
  readonly weights: Float64Array;
  /** The most probable tokens, the most probable first. */
  readonly alternatives: readonly Alternative[];
  /** Said by the last token alone. */
  readonly finish?: Finish;
}

type TextCoder = Pick<Tokenizer, 'bytesOf' | 'endTokens'>;

/** One distribution: log-probabilities [V] and the experts' weights [k]. */
export interface Combined {
  readonly logProbabilities: Float64Array;
  /** What lies between a logit and its log-probability; of several experts their mean by weight. */
  readonly logNormalizer: number;
  readonly weights: Float64Array;
}

/** What comes after each of those tokens just read that the decoder was asked about, by their position among these. */
export type Distributions = (row: number) => Combined;

/** What is asked about tokens: what comes after the last of them, or with `each` after each of them. */
export interface ReadOptions {
  readonly each?: boolean;
}

/** Makes one distribution of what k experts say after the tokens that they have just read. */
export type Combine = (
  next: NextToken,
  tokens: ArrayLike<number>,
  options?: ReadOptions,
) => Distributions | Promise<Distributions>;

/** What reads a text and says what comes next. Call `dispose` when done. */
export interface Speaker {
  /** Tokens read so far. */
  readonly length: number;
  /** How many more it has positions for. */
  readonly room: number;
  /** Reads tokens after those read before. Throws RangeError where there is no room for them. */
  read(tokens: ArrayLike<number>, options?: ReadOptions): Promise<Distributions>;
  dispose(): void;
}

/** Experts that read every token together. */
export function speakerOf(decoder: Decoder, combine: Combine = single): Speaker {
  return {
    get length() {
      return decoder.length;
    },
    get room() {
      return decoder.room;
    },
    read: async (tokens, options) => combine(await decoder.read(tokens, options), tokens, options),
    dispose: () => {
      decoder.dispose();
    },
  };
}

/** The distribution of a single expert. */
export const single: Combine =
  ({ logits, rows }) =>
  (row) => {
    const V = logits.length / rows;
    const logProbabilities = logSoftmaxOf(logits, row * V, V);
    return {
      logProbabilities,
      logNormalizer: logits[row * V] - logProbabilities[0],
      weights: Float64Array.of(1),
    };
  };

/**
 * Continues a prompt until an end token, a stop text, `maxTokens`, or the end of the model's positions. What the speaker has read
 * already is the beginning of the prompt. A token that ends the text is generated too: it adds no text of its own. The same settings
 * give the same text.
 */
export async function* generate(
  speaker: Pick<Speaker, 'read' | 'room' | 'length'>,
  tokenizer: TextCoder,
  prompt: Int32Array,
  settings: GenerationSettings,
): AsyncGenerator<GeneratedToken> {
  const { maxTokens, stop, seed, alternatives = 0 } = settings;
  const random = createRandom(seed);
  const text = new GrowingText(tokenizer);
  /** What was generated and is not told yet, because a stop text may begin there. */
  let held = '';
  const penalties = new Penalties(settings, prompt);
  let tokens: ArrayLike<number> = prompt.subarray(speaker.length);
  for (let count = 1; ; count++) {
    const { logProbabilities, logNormalizer, weights } = (await speaker.read(tokens))(0);
    const id = sampleToken(penalties.on(logProbabilities, logNormalizer), settings, random);
    penalties.add(id);
    const others = alternativesOf(logProbabilities, alternatives, (token) =>
      tokenizer.endTokens.has(token) ? '' : text.with(token),
    );
    const ended = tokenizer.endTokens.has(id);
    const full = count === maxTokens || speaker.room === 0;
    if (!ended) held += text.push(id);
    if (ended || full) held += text.end();
    const end = endOfCertainText(held, stop);
    const finish: Finish | undefined = ended || end.stopped ? 'stop' : full ? 'length' : undefined;
    const until = finish !== undefined && !end.stopped ? held.length : end.at;
    const token = { id, text: held.slice(0, until), logProbability: logProbabilities[id], weights };
    yield { ...token, alternatives: others, ...(finish === undefined ? {} : { finish }) };
    if (finish !== undefined) return;
    held = held.slice(until);
    tokens = [id];
  }
}

/** The most probable tokens, with the texts that they would add. */
export function alternativesOf(
  logProbabilities: Float64Array,
  count: number,
  textOf: (token: number) => string,
): Alternative[] {
  return mostProbable(logProbabilities, count).map((token) => ({
    text: textOf(token),
    logProbability: logProbabilities[token],
  }));
}

/** Up to where a growing text will not change any more: before a text that is a stop, or may become one. */
function endOfCertainText(text: string, stops: readonly string[]): { at: number; stopped: boolean } {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  if (found.length > 0) return { at: Math.min(...found), stopped: true };
  let at = text.length;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
      if (text.endsWith(stop.slice(0, length))) at = Math.min(at, text.length - length);
    }
  }
  return { at, stopped: false };
}
