/** How the members of a council come to one answer. One folder of `procedures/` holds one, and `procedures.ts` lists them. */
import type { Answerer, AnswerSettings, AnswerWatch, Passage, ScoreOptions } from '../answer/answerer';
import { UserError } from '../base/errors';
import type { Prompt } from '../protocol/answers';
import type { Answer } from '../protocol/inference';
import type { ChatMember } from './chat-member';
import type { Choosing } from './choosing';
import type { FindJudges } from './score';

export interface Member {
  readonly name: string;
  /** What it alone is told; may be empty. */
  readonly role: string;
  readonly answerer: Answerer;
  /** Whether it reads all of a prompt and has room for so many tokens after it, or for half of what it reads. */
  readonly fits: (prompt: Prompt, maxTokens: number) => boolean;
  /** There where it is a chat model, which chooses in words, may abstain, and tells no likelihoods; all others are experts. */
  readonly chat?: ChatMember;
}

/** Those who sit together, an expert at least. All experts read texts with the same tokenizer. */
export interface Seats {
  readonly members: readonly Member[];
  /** All experts among them writing each token together, each under its role and the instruction. */
  readonly together: Answerer;
  /** What all members are told; may be empty. */
  readonly instruction: string;
  /** The prompt as chat models read it, where that is another one. */
  readonly chatPrompt?: Prompt;
}

/** What a procedure takes for one prompt: texts that members write, and texts that members judge by their likelihood. */
export interface Calls {
  readonly written: number;
  readonly judged: number;
}

/** What a procedure says of itself. */
export interface ProcedureData {
  readonly name: string;
  readonly label: string;
  /** One line. */
  readonly detail: string;
  readonly calls: (members: number) => Calls;
  /** Questions put to one member where choices are judged and nothing is written for that; absent where members write first. */
  readonly choosing?: (members: number) => number;
  /** Members judge choices as one, so that another role for one of them asks all: such a procedure has no `choosing` of its own. */
  readonly asOne?: true;
  /** Why chat models have no part in it; absent where they have one. */
  readonly withoutChats?: string;
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

  /** Who has the last word on what goes on from a prompt; absent where all experts judge it together. */
  readonly judges?: FindJudges;

  /** How it chooses among the choices of a question where members need write nothing for that; absent where they have to. */
  readonly choosing?: Choosing;
}

/**
 * What a member reads: its role, the instruction for all, what else it is to read, then the prompt, so that a base model goes on
 * with the prompt. Of a conversation the first two are the system's first words, and the third stands below the user's last ones:
 * what others wrote never speaks as the system. Throws UserError where a prompt of token ids would have words around it.
 */
export function memberPrompt(role: string, instruction: string, prompt: Prompt, material = ''): Prompt {
  const own = [role.trim(), instruction.trim()].filter((part) => part !== '');
  if (typeof prompt === 'string') return [...own, material, prompt].filter((part) => part !== '').join('\n');
  if (!Array.isArray(prompt)) {
    if (own.length === 0 && material === '') return prompt;
    throw tokensRefused('The members of a council are told in words what they are to do');
  }
  const asked = material === '' ? prompt : withMaterial(prompt, material);
  if (own.length === 0) return asked;
  const [first, ...rest] = asked;
  const begins = first.role === 'system' || first.role === 'developer';
  const content = [...own, ...(begins ? [first.content] : [])].join('\n');
  return [{ role: 'system', content }, ...(begins ? rest : asked)];
}

type Conversation = Extract<Prompt, unknown[]>;

function withMaterial(turns: Conversation, material: string): Conversation {
  const last = turns.findLastIndex(({ role }) => role === 'user');
  if (last < 0) return [...turns, { role: 'user', content: material }];
  return turns.map((turn, i) => (i === last ? { ...turn, content: `${turn.content}\n\n${material}` } : turn));
}

/** The words of a prompt by which its subject can be told: of a conversation those of all turns but the system's. */
export function wordsOf(prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt;
  if (!Array.isArray(prompt)) throw tokensRefused('A council looks at the words of a prompt');
  const said = prompt.filter(({ role }) => role === 'user' || role === 'assistant');
  return said.map(({ content }) => content).join('\n\n');
}

const tokensRefused = (why: string): UserError =>
  new UserError(`${why}, and the prompt is token ids.`, 'Send it as text.');
