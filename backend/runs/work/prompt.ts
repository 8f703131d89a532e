import type { Opening } from '../../model/chat/chat';
import type { LanguageModel } from '../../model/language-model';
import { UserError } from '../../protocol/errors';
import type { Prompt } from '../../protocol/messages';

/** What a model reads of a prompt. Throws UserError where it is more than the model reads. */
export function openingOf({ tokenizer, chat, config }: LanguageModel, prompt: Prompt): Opening {
  const opening =
    typeof prompt === 'string'
      ? { tokens: tokenizer.encode(prompt), endTokens: tokenizer.endTokens, stop: [], droppedSpaces: 0 }
      : chat.opening(prompt);
  const { length } = opening.tokens;
  if (length <= config.maxPositions) return opening;
  const message = `The prompt has ${length} tokens, and the model reads at most ${config.maxPositions}.`;
  throw new UserError(message, 'Shorten it.');
}

/** Takes away the white space at the beginning of an answer that is no part of it, however many tokens it spans. */
export function answerBeginning({ droppedSpaces }: Opening): (text: string) => string {
  const white = droppedSpaces === Infinity ? /^\s*/u : /^ */u;
  let left = droppedSpaces;
  return (text) => {
    const spaces = Math.min(left, white.exec(text)?.[0].length ?? 0);
    left = spaces === text.length ? left - spaces : 0;
    return text.slice(spaces);
  };
}
