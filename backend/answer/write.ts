import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Opening } from '../model/chat/chat';
import { generate, type Speaker } from '../model/decoding/generate';
import { readPrompt } from '../model/decoding/read-prompt';
import type { AnswerToken, Prompt } from '../protocol/answers';
import type { Answer } from '../protocol/inference';
import type { AnswerSettings, AnswerWatch, LoadedModel } from './answerer';
import { answerBeginning, openingOf } from './prompt';

/** Goes on with a prompt, token by token, by what a speaker says that has read nothing yet. */
export async function writeAnswer(
  loaded: LoadedModel,
  begin: (settings: AnswerSettings) => Promise<Speaker>,
  prompt: Prompt,
  settings: AnswerSettings,
  watch: AnswerWatch,
): Promise<Answer> {
  const { model, experts } = loaded;
  const opening = openingOf(model, prompt, settings);
  const writing = { loaded, opening, settings, watch, speaker: await begin(settings) };
  try {
    const told = settings.echo ? await readAloud(writing, typeof prompt === 'string') : undefined;
    const written = settings.maxTokens === 0 ? { tokens: [], finish: 'length' as const } : await write(writing);
    const text = written.tokens.map((token) => token.text).join('');
    const answer = { ...written, text, experts: [...experts], promptTokens: opening.tokens.length };
    return { ...answer, ...(told && { prompt: told }) };
  } finally {
    writing.speaker.dispose();
  }
}

/** All that takes part in one answer. */
interface Writing {
  readonly loaded: LoadedModel;
  readonly opening: Opening;
  readonly settings: AnswerSettings;
  readonly watch: AnswerWatch;
  readonly speaker: Speaker;
}

/** Reads the prompt but for its last token, and tells its tokens; of a text without what stands before it, which is not the prompt's own. */
async function readAloud(
  { loaded: { model, stack }, opening, settings, watch: { signal }, speaker }: Writing,
  isText: boolean,
): Promise<AnswerToken[]> {
  const { tokenizer, config } = model;
  const begin = answerBeginning({ droppedSpaces: tokenizer.droppedSpaces });
  const asked = { alternatives: settings.alternatives, k: stack?.count ?? 1, V: config.vocabularySize };
  const told: AnswerToken[] = [];
  for await (const piece of readPrompt(speaker, tokenizer, opening.tokens, asked)) {
    for (const { text, logProbability = null, weights, alternatives } of piece) {
      told.push({ text: begin(text), logProbability, weights: [...weights], alternatives: [...alternatives] });
    }
    await nextTurn();
    signal.throwIfAborted();
  }
  return isText && opening.tokens[0] === tokenizer.prefixToken ? told.slice(1) : told;
}

async function write(writing: Writing): Promise<Pick<Answer, 'tokens' | 'finish'>> {
  const { loaded, opening, settings, speaker } = writing;
  const { signal, onToken } = writing.watch;
  const { tokenizer } = loaded.model;
  const coder = { endTokens: opening.endTokens, bytesOf: (token: number) => tokenizer.bytesOf(token) };
  const stop = [...settings.stop, ...opening.stop];
  const begin = answerBeginning(opening);
  const tokens: AnswerToken[] = [];
  let finish: Answer['finish'] = 'length';
  for await (const piece of generate(speaker, coder, opening.tokens, { ...settings, stop })) {
    const { logProbability, weights, alternatives } = piece;
    const token = { text: begin(piece.text), logProbability, weights: [...weights], alternatives: [...alternatives] };
    tokens.push(token);
    onToken(token);
    finish = piece.finish ?? finish;
    // The others' turn: one token each, and messages are heard.
    await nextTurn();
    signal.throwIfAborted();
  }
  return { tokens, finish };
}
