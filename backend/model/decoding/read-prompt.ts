import type { TextSource } from '../tokenizer/token-text';
import { GrowingText } from '../tokenizer/token-text';
import { type Alternative, alternativesOf, type Combined, type Speaker } from './generate';

/** One token of a prompt. */
export interface PromptToken {
  /** The text that became certain with this token. */
  readonly text: string;
  /** Nats, after the tokens before it; undefined for the first one, which nothing stands before. */
  readonly logProbability: number | undefined;
  /** How much each expert had to say before it [k]; none for the first one. */
  readonly weights: readonly number[];
  /** The most probable tokens in its place, the most probable first; none for the first one. */
  readonly alternatives: readonly Alternative[];
}

/** Float32 logits that are in memory at once, at most. */
const mostLogits = 2 ** 23;

/**
 * Lets a speaker read a prompt but for its last token, which `generate` goes on with, and tells how probable each of its tokens
 * is, piece by piece: many tokens are read at once. `V`: how many tokens the model has; `k`: how many experts read.
 */
export async function* readPrompt(
  speaker: Pick<Speaker, 'read'>,
  source: TextSource,
  prompt: Int32Array,
  { alternatives, k, V }: { readonly alternatives: number; readonly k: number; readonly V: number },
): AsyncGenerator<PromptToken[]> {
  const text = new GrowingText(source);
  const last = prompt.length - 1;
  const told = (at: number, before?: Combined): PromptToken => {
    const others = before && alternativesOf(before.logProbabilities, alternatives, (token) => text.with(token));
    const own = text.push(prompt[at]) + (at === last ? text.end() : '');
    const [logProbability, weights = []] = [before?.logProbabilities[prompt[at]], before?.weights];
    return { text: own, logProbability, weights: Array.from(weights), alternatives: others ?? [] };
  };
  yield [told(0)];
  const most = Math.max(1, Math.floor(mostLogits / (k * V)));
  for (let from = 0; from < last; from += most) {
    const piece = prompt.subarray(from, Math.min(last, from + most));
    const distributions = await speaker.read(piece, { each: true });
    yield Array.from(piece, (_, row) => told(from + row + 1, distributions(row)));
  }
}
