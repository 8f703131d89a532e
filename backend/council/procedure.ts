/** How the members of a council come to one answer. A procedure is a file in `procedures/` and an entry of its table. */
import type { Answerer, AnswerSettings, AnswerWatch, Passage, ScoreOptions } from '../answer/answerer';
import { UserError } from '../base/errors';
import type { Answer } from '../protocol/inference';
import type { Prompt } from '../protocol/messages';

export interface Member {
  readonly name: string;
  /** What it alone is told; may be empty. */
  readonly role: string;
  readonly answerer: Answerer;
}

/** Those who sit together, one member at least. All read texts with the same tokenizer. */
export interface Seats {
  readonly members: readonly Member[];
  /** What all members are told; may be empty. */
  readonly instruction: string;
}

export interface Procedure {
  /** What a council's record calls it. */
  readonly name: string;

  /** The answer that the members come to, with weights in their order. Tokens are told once they are the answer's. */
  answer(
    seats: Seats,
    prompt: Prompt,
    settings: AnswerSettings,
    watch: AnswerWatch,
  ): Promise<Pick<Answer, 'text' | 'finish' | 'tokens' | 'council'>>;

  /**
   * As `Answerer.score`. A council has no distribution over texts of its own: each procedure says what its score means. Throws
   * UserError where it has none.
   */
  score(seats: Seats, passages: readonly Passage[], options: ScoreOptions): Promise<Float64Array[]>;
}

/**
 * What a member reads: its role, the instruction for all, then the prompt, so that a base model goes on with the prompt. Of a
 * conversation they are the system's first words.
 */
export function memberPrompt(role: string, instruction: string, prompt: Prompt): Prompt {
  const own = [role.trim(), instruction.trim()].filter((part) => part !== '');
  if (typeof prompt === 'string') return [...own, prompt].filter((part) => part !== '').join('\n');
  if (own.length === 0) return prompt;
  if (!Array.isArray(prompt)) {
    const message = 'The members of a council are told their roles in words, and the prompt is token ids.';
    throw new UserError(message, 'Send it as text.');
  }
  const [first, ...rest] = prompt;
  const begins = first.role === 'system' || first.role === 'developer';
  const content = [...own, ...(begins ? [first.content] : [])].join('\n');
  return [{ role: 'system', content }, ...(begins ? rest : prompt)];
}
