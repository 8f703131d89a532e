/** A question as a model reads it: the same tokens where it is examined, and where it learns the right answers. */
import type { AnswerSettings } from '../answer/answerer';
import { fits } from '../answer/prompt';
import type { LanguageModel } from '../model/language-model';
import type { Prompt } from '../protocol/answers';
import { type ChoiceQuestion, choiceText, cutToFit, questionPrompt } from './questions';
import { spoken } from './score';

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
  putting?: Putting,
): PutQuestion {
  const texts = choices.map((choice) => choiceText(choice, model.chat.hasTemplate));
  const tokens = Float64Array.from(texts, (text) => model.tokenizer.tokens(text).length);
  return { ...putBefore(model, question, Math.max(...tokens), putting), texts, tokens };
}

/** A question without choices, and how it is answered: where the model knows no conversations, in one line. */
export function putOpenly(
  model: LanguageModel,
  question: string,
  maxTokens: number,
  putting?: Putting,
): Pick<PutQuestion, 'prompt' | 'cut'> & { readonly settings: AnswerSettings } {
  const stop = model.chat.hasTemplate ? [] : ['\n'];
  return { ...putBefore(model, question, maxTokens, putting), settings: { ...spoken, maxTokens, stop } };
}

function putBefore(
  model: LanguageModel,
  question: string,
  room: number,
  {
    told = (prompt): Prompt => prompt,
    frame = 0,
    hasRoom = (prompt, tokens): boolean => fits(model, prompt, tokens),
  }: Putting = {},
): Pick<PutQuestion, 'prompt' | 'cut'> {
  const promptOf = (asked: string): Prompt => told(questionPrompt(asked, { chats: model.chat.hasTemplate, frame }));
  const { question: asked, cut } = cutToFit(question, (part) => hasRoom(promptOf(part), room));
  return { prompt: promptOf(asked), cut };
}
