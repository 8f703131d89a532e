import { createRandom } from '../protocol/random';
import type { Decoder, NextToken } from './decoder';
import { logSoftmax, mostProbable, sample, type SamplingSettings } from './sampling';
import type { Tokenizer } from './tokenizer';

export interface GenerationSettings extends SamplingSettings {
  readonly maxTokens: number;
  /** Generation ends where one of these appears; it is not part of the answer. */
  readonly stop: readonly string[];
  readonly seed: number;
  /** How many of the most probable tokens are told with each token; none by default. */
  readonly alternatives?: number;
}

/** Why a text ended: the begin token or a stop text came, or there is no room for more. */
export type Finish = 'stop' | 'length';

export const defaultGeneration: GenerationSettings = {
  maxTokens: 100,
  stop: [],
  seed: 1,
  temperature: 0.8,
  topP: 0.95,
};

/** What could stand in a token's place. */
export interface Alternative {
  /** The text that it would add; empty for the begin token, which ends the text. */
  readonly text: string;
  readonly logProbability: number;
}

/** One generated token. */
export interface GeneratedToken {
  readonly id: number;
  /** The text that became certain with this token; empty in the middle of a character or of a possible stop text. */
  readonly text: string;
  /** Nats, under the distribution as it was before temperature and topP. */
  readonly logProbability: number;
  /** [k]: how much each expert had to say, where several spoke. */
  readonly weights: Float64Array;
  /** The most probable tokens, the most probable first. */
  readonly alternatives: readonly Alternative[];
  /** Said by the last token alone. */
  readonly finish?: Finish;
}

type TextCoder = Pick<Tokenizer, 'decode' | 'beginToken'>;

/** Makes one distribution of what k experts say: log-probabilities [V] and the experts' weights [k]. */
export type Combine = (next: NextToken) => { logProbabilities: Float64Array; weights: Float64Array };

/** The distribution of a single expert. */
export const single: Combine = ({ logits }) => ({
  logProbabilities: logSoftmax(logits, 0, logits.length),
  weights: Float64Array.of(1),
});

/**
 * Continues a prompt (begin token first) until the begin token, a stop text, `maxTokens`, or the end of the model's positions.
 * A begin token that ends the text is generated too: it adds no text of its own. The same settings give the same text.
 */
export async function* generate(
  decoder: Pick<Decoder, 'read' | 'room'>,
  tokenizer: TextCoder,
  prompt: Int32Array,
  settings: GenerationSettings,
  combine: Combine = single,
): AsyncGenerator<GeneratedToken> {
  const { maxTokens, stop, seed, alternatives = 0 } = settings;
  const random = createRandom(seed);
  const ids: number[] = [];
  let shown = 0;
  let next = await decoder.read(prompt);
  for (let count = 1; ; count++) {
    const { logProbabilities, weights } = combine(next);
    const id = sample(logProbabilities, settings, random);
    const others = mostProbable(logProbabilities, alternatives).map((token) => ({
      text: addedText(tokenizer, ids, token),
      logProbability: logProbabilities[token],
    }));
    const ended = id === tokenizer.beginToken;
    if (!ended) ids.push(id);
    const whole = textOf(tokenizer, ids);
    const end = endOfCertainText(whole, stop);
    const full = count === maxTokens || decoder.room === 0;
    const finish: Finish | undefined = ended || end.stopped ? 'stop' : full ? 'length' : undefined;
    const until = finish !== undefined && !end.stopped ? whole.length : Math.max(shown, end.at);
    const token = { id, text: whole.slice(shown, until), logProbability: logProbabilities[id], weights };
    yield { ...token, alternatives: others, ...(finish === undefined ? {} : { finish }) };
    if (finish !== undefined) return;
    shown = until;
    next = await decoder.read([id]);
  }
}

// As many tokens before another as its text can depend on: a character has four bytes at most.
const textContext = 8;

/** The text that a token would add after others. */
function addedText(tokenizer: TextCoder, ids: readonly number[], token: number): string {
  if (token === tokenizer.beginToken) return '';
  const before = ids.slice(-textContext);
  const certain = endOfCertainText(textOf(tokenizer, before), []).at;
  return tokenizer.decode([...before, token]).slice(certain);
}

// The tokenizer's own decoder refuses to decode nothing.
function textOf(tokenizer: TextCoder, ids: readonly number[]): string {
  return ids.length === 0 ? '' : tokenizer.decode(ids);
}

/** Up to where a growing text will not change any more: before an unfinished character or a text that may become a stop. */
function endOfCertainText(text: string, stops: readonly string[]): { at: number; stopped: boolean } {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  if (found.length > 0) return { at: Math.min(...found), stopped: true };
  let at = text.length;
  while (at > 0 && text[at - 1] === '\uFFFD') at--;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
      if (text.endsWith(stop.slice(0, length))) at = Math.min(at, text.length - length);
    }
  }
  return { at, stopped: false };
}
