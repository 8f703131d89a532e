import { createRandom } from '../protocol/random';
import type { Decoder, NextToken } from './decoder';
import { logSoftmax, sample, type SamplingSettings } from './sampling';
import type { Tokenizer } from './tokenizer';

export interface GenerationSettings extends SamplingSettings {
  readonly maxTokens: number;
  /** Generation ends where one of these appears; it is not part of the answer. */
  readonly stop: readonly string[];
  readonly seed: number;
}

export const defaultGeneration: GenerationSettings = {
  maxTokens: 100,
  stop: [],
  seed: 1,
  temperature: 0.8,
  topP: 0.95,
};

/** One generated token. */
export interface GeneratedToken {
  readonly id: number;
  /** The text that became certain with this token; empty in the middle of a character or of a possible stop text. */
  readonly text: string;
  /** [k]: how much each expert had to say, where several spoke. */
  readonly weights: Float64Array;
}

/** Makes one distribution of what k experts say: log-probabilities [V] and the experts' weights [k]. */
export type Combine = (next: NextToken) => { logProbabilities: Float64Array; weights: Float64Array };

/** The distribution of a single expert. */
export const single: Combine = ({ logits }) => ({
  logProbabilities: logSoftmax(logits, 0, logits.length),
  weights: Float64Array.of(1),
});

/**
 * Continues a prompt (begin token first) until the begin token, a stop text, `maxTokens`, or the end of the model's positions.
 * The same settings give the same text.
 */
export async function* generate(
  decoder: Decoder,
  tokenizer: Tokenizer,
  prompt: Int32Array,
  settings: GenerationSettings,
  combine: Combine = single,
): AsyncGenerator<GeneratedToken> {
  const random = createRandom(settings.seed);
  const ids: number[] = [];
  let shown = 0;
  let next = await decoder.read(prompt);
  while (ids.length < settings.maxTokens) {
    const { logProbabilities, weights } = combine(next);
    const id = sample(logProbabilities, settings, random);
    if (id === tokenizer.beginToken) break;
    ids.push(id);
    const whole = tokenizer.decode(ids);
    const end = endOfCertainText(whole, settings.stop);
    const finished = end.stopped || ids.length === settings.maxTokens || decoder.room === 0;
    const until = finished && !end.stopped ? whole.length : Math.max(shown, end.at);
    yield { id, text: whole.slice(shown, until), weights };
    shown = until;
    if (finished) break;
    next = await decoder.read([id]);
  }
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
