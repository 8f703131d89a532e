import type { LanguageModel } from '../model/language-model';
import { windows } from '../model/score';
import type { Passage, ScoreOptions } from './answerer';
import { openingOf } from './prompt';

/** Nats [length − 1] of each stretch of each text (token sequences, prefix token first) but its first token. */
export type ScoreTexts = (
  texts: readonly (readonly Int32Array[])[],
  onBatch: () => void,
) => Promise<readonly (readonly Iterable<number>[])[]>;

/** Scores passages, as `Answerer.score` promises, by what scores texts given as their stretches. */
export async function scorePassages(
  model: LanguageModel,
  passages: readonly Passage[],
  { signal, context }: ScoreOptions,
  scoreTexts: ScoreTexts,
): Promise<Float64Array[]> {
  const check = (): void => signal?.throwIfAborted();
  check();
  const parts = passages.map((passage) => cut(model, passage, context));
  const nats = await scoreTexts(
    parts.map(({ stretches }) => stretches),
    check,
  );
  return parts.map(({ prompt }, i) => Float64Array.from(nats[i].flatMap((stretch) => [...stretch]).slice(prompt)));
}

interface Cut {
  /**
   * The prompt or prefix token with as much of the text as has room after it, then the rest of the text, each stretch with the prefix
   * token before it; none where the text has no token.
   */
  readonly stretches: readonly Int32Array[];
  /** Predicted tokens of the prompt, which are not scored. */
  readonly prompt: number;
}

function cut(model: LanguageModel, { text, after }: Passage, context = Infinity): Cut {
  const { tokenizer, config } = model;
  // The end that a model puts after texts is none of an answer that goes on.
  const tokens = after === undefined ? tokenizer.encode(text).subarray(1) : Int32Array.from(tokenizer.tokens(text));
  if (tokens.length === 0) return { stretches: [], prompt: 0 };
  const opening =
    after === undefined
      ? [tokenizer.prefixToken]
      : openingOf(model, after, { shorten: true, maxTokens: tokens.length }).tokens;
  // The last token of a sequence is predicted, and takes no position.
  const room = Math.min(context, config.maxPositions + 1 - opening.length);
  const first = Int32Array.from([...opening, ...tokens.slice(0, room)]);
  const rest = Int32Array.from([tokenizer.prefixToken, ...tokens.slice(room)]);
  const others = windows(rest, Math.min(context, config.maxPositions));
  return { stretches: [first, ...others], prompt: opening.length - 1 };
}
