/** A question with choices as a model reads it: the same tokens where it is examined, and where it learns the right answers. */
import { fits } from '../answer/prompt';
import type { LanguageModel } from '../model/language-model';
import type { Prompt } from '../protocol/answers';
import { type ChoiceQuestion, choiceText, cutToFit, questionPrompt } from './questions';

export interface PutQuestion {
  readonly prompt: Prompt;
  /** Each choice as the text that goes on from there, and its tokens. */
  readonly texts: readonly string[];
  readonly tokens: Float64Array;
  /** Whether the question lost its beginning to fit. */
  readonly cut: boolean;
}

interface Putting {
  /** The prompt as somebody reads it who is told something before. */
  readonly told?: (prompt: Prompt) => Prompt;
  readonly frame?: number;
  /** Whether a prompt leaves room for so many tokens; by default that of the model's positions. */
  readonly hasRoom?: (prompt: Prompt, tokens: number) => boolean;
}

/** The question loses its beginning where it does not fit behind what is told before, with room for its longest choice. */
export function putQuestion(
  model: LanguageModel,
  { question, choices }: ChoiceQuestion,
  {
    told = (prompt): Prompt => prompt,
    frame = 0,
    hasRoom = (prompt, tokens): boolean => fits(model, prompt, tokens),
  }: Putting = {},
): PutQuestion {
  const chats = model.chat.hasTemplate;
  const texts = choices.map((choice) => choiceText(choice, chats));
  const tokens = Float64Array.from(texts, (text) => model.tokenizer.tokens(text).length);
  const longest = Math.max(...tokens);
  const promptOf = (asked: string): Prompt => told(questionPrompt(asked, { chats, frame }));
  const { question: asked, cut } = cutToFit(question, (part) => hasRoom(promptOf(part), longest));
  return { prompt: promptOf(asked), texts, tokens, cut };
}
