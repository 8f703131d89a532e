/** Passages that go on from one prompt, such as the choices of a question: the prompt is read once for all of them, and its beginning once for several prompts. */
import { canonicalJson } from '../base/canonical-json';
import { exponentials, largestOf } from '../base/exponentials';
import type { LoadedModel, Passage, ScoreOptions } from './answerer';
import { openingOf } from './prompt';
import { type AfterPrompt, PromptReader } from './prompt-reader';

/** Scores passages one by one. */
type ScoreEach = (passages: readonly Passage[]) => Promise<Float64Array[]>;

/**
 * As `Answerer.score`, for a model under at most one adapter: those that share a prompt with others and fit behind it whole come after
 * one reading of it, cut to what leaves room for the longest of them; `each` scores the rest.
 */
export async function scoreSharing(
  loaded: LoadedModel,
  passages: readonly Passage[],
  { reader, ...options }: ScoreOptions,
  each: ScoreEach,
): Promise<Float64Array[]> {
  if (reader !== undefined) return scoreReading(loaded, passages, { ...options, reader }, each);
  const own = new PromptReader(loaded.model);
  try {
    return await scoreReading(loaded, passages, { ...options, reader: own }, each);
  } finally {
    own.dispose();
  }
}

async function scoreReading(
  loaded: LoadedModel,
  passages: readonly Passage[],
  { signal, context = Infinity, reader }: ScoreOptions & { readonly reader: PromptReader },
  each: ScoreEach,
): Promise<Float64Array[]> {
  const result = passages.map((): Float64Array => new Float64Array(0));
  const alone: number[] = [];
  for (const group of sharedPrompts(passages)) {
    signal?.throwIfAborted();
    const texts = group.map((i) => Int32Array.from(loaded.model.tokenizer.tokens(passages[i].text)));
    const longest = Math.max(...texts.map(({ length }) => length));
    const opening = group.length > 1 && longest > 0 ? openingBefore(loaded, passages[group[0]], longest) : undefined;
    if (opening === undefined || longest > context) {
      alone.push(...group);
      continue;
    }
    const nats = await scoreAfter(await reader.read(loaded.stack, opening), texts);
    group.forEach((i, at) => (result[i] = nats[at]));
  }
  const rest = await each(alone.map((i) => passages[i]));
  alone.forEach((i, at) => (result[i] = rest[at]));
  return result;
}

/** What the model reads of the prompt; undefined where decoding is rounded, where there is no prompt, or no room for texts so long. */
function openingBefore({ model }: LoadedModel, { after }: Passage, longest: number): Int32Array | undefined {
  if (model.precision !== 'full' || after === undefined) return undefined;
  const { tokens } = openingOf(model, after, { shorten: true, maxTokens: longest });
  // The last token of a text is predicted, and takes no position.
  return tokens.length + longest - 1 <= model.config.maxPositions ? tokens : undefined;
}

/** Positions of passages with the same prompt; each by itself that has none. */
function sharedPrompts(passages: readonly Passage[]): number[][] {
  const groups = new Map<string, number[]>();
  passages.forEach(({ after }, i) => {
    const key = after === undefined ? `alone ${i}` : canonicalJson(after);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()];
}

/** Nats of each token of each text after a prompt. */
async function scoreAfter({ decoder, next }: AfterPrompt, texts: readonly Int32Array[]): Promise<Float64Array[]> {
  const V = next.logits.length;
  const scratch = new Float64Array(V);
  /** Of a token under logits [V] that begin at `from`. */
  const natsOf = (logits: Float32Array, from: number, token: number): number => {
    const most = largestOf(logits, from, V);
    return most + Math.log(exponentials(logits, from, most, scratch)) - logits[from + token];
  };
  const result: Float64Array[] = [];
  for (const text of texts) {
    const nats = new Float64Array(text.length);
    if (text.length > 0) nats[0] = natsOf(next.logits, 0, text[0]);
    if (text.length > 1) {
      const rest = await decoder.read(text.subarray(0, -1), { each: true, forget: true });
      for (let t = 1; t < text.length; t++) nats[t] = natsOf(rest.logits, (t - 1) * V, text[t]);
    }
    result.push(nats);
  }
  return result;
}
