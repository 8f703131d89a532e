import type { Prompt } from '../protocol/messages';

/**
 * A council: experts that answer one prompt together by prompt. Every member drafts an answer under its own role and the
 * instruction for all; then every member judges every draft by how probable its own expert finds it after the plain prompt,
 * and the draft that they find most probable on average is the answer: a vote by likelihood.
 *
 * It is the simplest council that needs nothing but base models. Members do not read each other's drafts, so nothing is
 * debated, mended or put together, and roles and instruction are taken as they are: debate and evolution come later.
 */

export interface JudgedDraft<D> {
  readonly draft: D;
  /** Nats per token of the draft under each member, after the plain prompt; empty where the draft holds no token. */
  readonly scores: readonly number[];
  /** Members that like this draft best. */
  readonly votes: number;
}

/** What a council came to: drafts in the order of the members, and the position of the best one. */
export interface Deliberation<D> {
  readonly drafts: readonly JudgedDraft<D>[];
  readonly winner: number;
}

/** What a council does, apart from any model. */
export interface CouncilWork<D> {
  readonly draft: (member: number) => Promise<D>;
  /** Mean log-probability (nats) of the draft's tokens under each member; nothing for a draft without tokens. */
  readonly judge: (draft: D) => Promise<readonly number[]>;
}

/**
 * Lets `members` draft one after the other, then judges every draft. The best mean over the members wins, the earlier member on
 * a tie. A draft without tokens has no likelihood: it wins only where all drafts are empty.
 */
export async function deliberate<D>(members: number, { draft, judge }: CouncilWork<D>): Promise<Deliberation<D>> {
  const written: D[] = [];
  for (let member = 0; member < members; member++) written.push(await draft(member));
  const scores: (readonly number[])[] = [];
  for (const one of written) scores.push(await judge(one));
  const favourites = Array.from({ length: members }, (_, member) => largest(scores.map((of) => of[member] ?? worst)));
  return {
    drafts: written.map((one, i) => ({
      draft: one,
      scores: scores[i],
      votes: favourites.filter((favourite) => favourite === i).length,
    })),
    winner: largest(scores.map(mean)),
  };
}

/**
 * What a member reads: its role, the instruction for all, then the prompt, so that a base model goes on with the prompt. Of a
 * conversation they are the system's first words.
 */
export function memberPrompt(role: string, instruction: string, prompt: Prompt): Prompt {
  const own = [role.trim(), instruction.trim()].filter((part) => part !== '');
  if (typeof prompt === 'string') return [...own, prompt].filter((part) => part !== '').join('\n');
  if (own.length === 0) return prompt;
  const [first, ...rest] = prompt;
  const begins = first.role === 'system' || first.role === 'developer';
  const content = [...own, ...(begins ? [first.content] : [])].join('\n');
  return [{ role: 'system', content }, ...(begins ? rest : prompt)];
}

const worst = Number.NEGATIVE_INFINITY;

function mean(values: readonly number[]): number {
  return values.length === 0 ? worst : values.reduce((total, value) => total + value, 0) / values.length;
}

/** Position of the largest number, the first on a tie. */
function largest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}
