/** Multiple-choice questions as answerers read them, and the choices as they judge them: by how probable each is as the answer. */
import type { Prompt } from '../protocol/answers';

export interface ChoiceQuestion {
  readonly question: string;
  readonly choices: readonly string[];
}

/** How a question is put: the first is the usual one, the others say the same. */
interface Frame {
  readonly label: string;
  readonly ask: (question: string) => string;
}

const textFrames: readonly Frame[] = [
  { label: 'Question and Answer', ask: (question) => `Question: ${question}\nAnswer:` },
  { label: 'the question, then “The answer is”', ask: (question) => `${question}\nThe answer is` },
];
const chatFrames: readonly Frame[] = [
  { label: 'the question alone', ask: (question) => question },
  { label: '“Please answer”, then the question', ask: (question) => `Please answer: ${question}` },
];

/** How many ways there are to put a question. */
export const frameCount = textFrames.length;

/** A question that says nothing, for what choices are worth before one is asked (Zhao et al. 2021, 2102.09690). */
export const emptyQuestion = 'N/A';

/** A question as a model reads it, and each choice as what goes on from there: text, or turns of a conversation for one with a chat template. */
export function questionPrompt(
  question: string,
  { chats, frame = 0 }: { readonly chats: boolean; readonly frame?: number },
): Prompt {
  if (!chats) return textFrames[frame].ask(question);
  return [{ role: 'user', content: chatFrames[frame].ask(question) }];
}

/** A choice as the text that answers. */
export const choiceText = (choice: string, chats: boolean): string => (chats ? choice : ` ${choice}`);

/**
 * A question that loses words at its beginning until the prompt that is made of it fits: what a member is told before it stays. The
 * question whole where it fits, and what is left where no word is left.
 */
export function cutToFit(
  question: string,
  fits: (question: string) => boolean,
): { readonly question: string; readonly cut: boolean } {
  if (fits(question)) return { question, cut: false };
  const starts = Array.from(question.matchAll(/\s+(?=\S)/g), ({ index, 0: { length } }) => index + length);
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (fits(question.slice(starts[middle]))) high = middle;
    else low = middle + 1;
  }
  return { question: low < starts.length ? question.slice(starts[low]) : '', cut: true };
}
