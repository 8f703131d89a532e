import { formatNumber } from '../base/format';
import type { Opening } from '../model/chat/chat';
import type { ModelConfig } from '../model/architectures/config';
import type { LanguageModel } from '../model/language-model';
import { UserError } from '../base/errors';
import type { Prompt } from '../protocol/answers';
import type { AnswerSettings } from './answerer';

/** What a model reads of a prompt. Throws UserError where it is more than the model reads, and may not be shortened. */
export function openingOf(
  model: LanguageModel,
  prompt: Prompt,
  { shorten, maxTokens }: Pick<AnswerSettings, 'shorten' | 'maxTokens'>,
): Opening {
  const { maxPositions } = model.config;
  const most = shorten ? beforeAnswer(model, maxTokens) : maxPositions;
  const opening = open(model, prompt);
  const { length } = opening.tokens;
  if (length <= most) return opening;
  const shortened = shorten ? firstFitting(model, endsOf(prompt), most) : undefined;
  if (shortened !== undefined) return shortened;
  const message = `The prompt has ${formatNumber(length, 'token')}, and the model reads at most ${maxPositions}.`;
  throw new UserError(message, 'Shorten it.');
}

/** Tokens of a prompt, at most, that leave the answer the room that it wants, but not more than half. */
function beforeAnswer({ config: { maxPositions } }: LanguageModel, maxTokens: number): number {
  return maxPositions - Math.min(maxTokens, Math.floor(maxPositions / 2));
}

/** Whether a prompt need not be shortened to leave that room. */
export function fits(model: LanguageModel, prompt: Prompt, maxTokens: number): boolean {
  return open(model, prompt).tokens.length <= beforeAnswer(model, maxTokens);
}

function open({ tokenizer, chat, config }: LanguageModel, prompt: Prompt): Opening {
  if (Array.isArray(prompt)) return chat.opening(prompt);
  const tokens = typeof prompt === 'string' ? tokenizer.prompt(prompt) : knownTokens(prompt.tokens, config);
  return { tokens, endTokens: tokenizer.endTokens, stop: [], droppedSpaces: 0 };
}

function knownTokens(tokens: readonly number[], { vocabularySize }: ModelConfig): Int32Array {
  const unknown = tokens.find((token) => token >= vocabularySize);
  if (unknown === undefined) return Int32Array.from(tokens);
  const message = `The prompt has a token ${unknown}, and the model's tokens are 0 to ${vocabularySize - 1}.`;
  throw new UserError(message, 'Make it with the tokenizer of this model.');
}

interface Ends {
  readonly count: number;
  /** Number `i` of them: they become shorter. */
  readonly at: (i: number) => Prompt;
}

/** What may be left of a prompt: tokens; lines, or words of the last line; turns from one of the user on, after what the system says. */
function endsOf(prompt: Prompt): Ends {
  if (typeof prompt === 'string') {
    const lastLine = prompt.trimEnd().lastIndexOf('\n') + 1;
    const lines = beginnings(prompt, /\n+(?=.)/gs).filter((at) => at <= lastLine);
    const words = beginnings(prompt.slice(lastLine), /\s+(?=\S)/g).map((at) => lastLine + at);
    const from = [...lines, ...words];
    return { count: from.length, at: (i) => prompt.slice(from[i]) };
  }
  if (!Array.isArray(prompt)) {
    const { tokens } = prompt;
    return { count: tokens.length, at: (i) => ({ tokens: tokens.slice(i) }) };
  }
  const told = prompt.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  const turns = prompt.flatMap(({ role }, at) => (role === 'user' && at > told ? [at] : []));
  return { count: turns.length, at: (i) => [...prompt.slice(0, told), ...prompt.slice(turns[i])] };
}

function beginnings(text: string, before: RegExp): number[] {
  return Array.from(text.matchAll(before), ({ index, 0: { length } }) => index + length);
}

/** By halves, because the shorter a prompt, the fewer tokens it has. Undefined where none fits. */
function firstFitting(model: LanguageModel, ends: Ends, most: number): Opening | undefined {
  let [low, high] = [0, ends.count];
  let found: Opening | undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const opening = open(model, ends.at(middle));
    if (opening.tokens.length > most) low = middle + 1;
    else [high, found] = [middle, opening];
  }
  return found;
}

/** Takes away the white space at the beginning of an answer that is no part of it, however many tokens it spans. */
export function answerBeginning({ droppedSpaces }: Pick<Opening, 'droppedSpaces'>): (text: string) => string {
  const white = droppedSpaces === Infinity ? /^\s*/u : /^ */u;
  let left = droppedSpaces;
  return (text) => {
    const spaces = Math.min(left, white.exec(text)?.[0].length ?? 0);
    left = spaces === text.length ? left - spaces : 0;
    return text.slice(spaces);
  };
}
