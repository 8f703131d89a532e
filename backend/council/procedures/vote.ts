/**
 * A vote by likelihood: every member drafts an answer under its own role and the instruction for all; then every member judges
 * every draft by how probable it finds it after the plain prompt, and the draft that they find most probable on average is the
 * answer. Members do not read each other's drafts, so nothing is debated, mended or put together.
 */
import type { Answer } from '../../protocol/inference';
import { memberPrompt, type Procedure } from '../procedure';

export interface JudgedDraft<D> {
  readonly draft: D;
  /** Nats per token of the draft under each member, after the plain prompt; empty where the draft holds no token. */
  readonly scores: readonly number[];
  /** Members that like this draft best. */
  readonly votes: number;
}

/** What a vote came to: drafts in the order of the members, and the position of the best one. */
export interface Deliberation<D> {
  readonly drafts: readonly JudgedDraft<D>[];
  readonly winner: number;
}

/** What members do, apart from any model. */
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

/** A text's score is what members vote by: the mean over them of its nats, each reading it after the plain prompt. */
export const vote: Procedure = {
  name: 'vote',

  async answer({ members, instruction }, prompt, settings, { signal, onToken }) {
    const quiet = { signal, onToken: () => undefined };
    const { drafts, winner } = await deliberate(members.length, {
      draft: (member) => {
        const { role, answerer } = members[member];
        return answerer.answer(memberPrompt(role, instruction, prompt), settings, quiet);
      },
      judge: async ({ text }) => {
        const scores: number[] = [];
        for (const { answerer } of members) {
          const [nats] = await answerer.score([{ text, after: prompt }], { signal });
          if (nats.length > 0) scores.push(-mean([...nats]));
        }
        return scores;
      },
    });
    const { text, finish, tokens } = drafts[winner].draft;
    const weights = members.map((_, member) => (member === winner ? 1 : 0));
    const told: Answer['tokens'] = tokens.map((token) => ({ ...token, weights }));
    told.forEach(onToken);
    const judged = drafts.map(({ draft, scores, votes }, member) => ({
      expert: members[member].name,
      text: draft.text,
      scores: [...scores],
      votes,
    }));
    return { text, finish, tokens: told, council: { winner, drafts: judged } };
  },

  async score({ members }, passages, options) {
    const scores: Float64Array[][] = [];
    for (const { answerer } of members) scores.push(await answerer.score(passages, options));
    return scores[0].map((first, i) => first.map((_, t) => mean(scores.map((ofMember) => ofMember[i][t]))));
  },
};

const worst = Number.NEGATIVE_INFINITY;

function mean(values: readonly number[]): number {
  return values.length === 0 ? worst : values.reduce((total, value) => total + value, 0) / values.length;
}

/** Position of the largest number, the first on a tie. */
function largest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}
