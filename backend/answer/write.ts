import { setImmediate as nextTurn } from 'node:timers/promises';
import { Decoder } from '../model/decoding/decoder';
import { type Combine, generate } from '../model/decoding/generate';
import type { Answer } from '../protocol/inference';
import type { AnswerToken, Prompt } from '../protocol/messages';
import type { AnswerSettings, AnswerWatch, LoadedModel } from './answerer';
import { answerBeginning, openingOf } from './prompt';

/** Goes on with a prompt, token by token, under the distribution that `combine` makes of what the experts say. */
export async function writeAnswer(
  { model, stack, experts }: LoadedModel,
  combine: Combine,
  prompt: Prompt,
  settings: AnswerSettings,
  { signal, onToken }: AnswerWatch,
): Promise<Answer> {
  const opening = openingOf(model, prompt, settings);
  const coder = { endTokens: opening.endTokens, bytesOf: (token: number) => model.tokenizer.bytesOf(token) };
  const stop = [...settings.stop, ...opening.stop];
  const begin = answerBeginning(opening);
  const decoder = await Decoder.create(model, stack);
  const tokens: AnswerToken[] = [];
  let finish: Answer['finish'] = 'length';
  try {
    for await (const piece of generate(decoder, coder, opening.tokens, { ...settings, stop }, combine)) {
      const { logProbability, weights, alternatives } = piece;
      const token = { text: begin(piece.text), logProbability, weights: [...weights], alternatives: [...alternatives] };
      tokens.push(token);
      onToken(token);
      finish = piece.finish ?? finish;
      // The others' turn: one token each, and messages are heard.
      await nextTurn();
      signal.throwIfAborted();
    }
  } finally {
    decoder.dispose();
  }
  const text = tokens.map((token) => token.text).join('');
  return { text, finish, experts: [...experts], promptTokens: opening.tokens.length, tokens };
}
