import type { LanguageModel } from '../model/language-model';
import { windows } from '../model/score';
import type { Passage, ScoreOptions } from './answerer';
import { openingOf } from './prompt';

/** Nats [length − 1] of each token sequence (begin token first) but its first token. */
export type ScoreSequences = (
  sequences: readonly Int32Array[],
  onBatch: () => void,
) => Promise<readonly Iterable<number>[]>;

/** Scores passages, as `Answerer.score` promises, by what scores token sequences. */
export async function scorePassages(
  model: LanguageModel,
  passages: readonly Passage[],
  { signal, context }: ScoreOptions,
  scoreSequences: ScoreSequences,
): Promise<Float64Array[]> {
  const check = (): void => signal?.throwIfAborted();
  check();
  const parts = passages.map((passage) => cut(model, passage, context));
  const sequences = parts.flatMap(({ first, others }) => [...first, ...others]);
  const nats = await scoreSequences(sequences, check);
  let read = 0;
  return parts.map(({ first, others, prompt }) => {
    const own = nats.slice(read, (read += first.length + others.length));
    return Float64Array.from(own.flatMap((stretch) => [...stretch]).slice(prompt));
  });
}

interface Stretches {
  /** The prompt or begin token with as much of the text as has room after it; none where the text has no token. */
  readonly first: readonly Int32Array[];
  /** The rest of the text, each stretch with the begin token before it. */
  readonly others: readonly Int32Array[];
  /** Predicted tokens of the prompt, which are not scored. */
  readonly prompt: number;
}

function cut(model: LanguageModel, { text, after }: Passage, context = Infinity): Stretches {
  const { tokenizer, config } = model;
  const tokens = tokenizer.tokens(text);
  if (tokens.length === 0) return { first: [], others: [], prompt: 0 };
  const opening =
    after === undefined
      ? [tokenizer.beginToken]
      : openingOf(model, after, { shorten: true, maxTokens: tokens.length }).tokens;
  // The last token of a sequence is predicted, and takes no position.
  const room = Math.min(context, config.maxPositions + 1 - opening.length);
  const first = Int32Array.from([...opening, ...tokens.slice(0, room)]);
  const rest = Int32Array.from([tokenizer.beginToken, ...tokens.slice(room)]);
  const others = windows(rest, Math.min(context, config.maxPositions));
  return { first: [first], others, prompt: opening.length - 1 };
}
