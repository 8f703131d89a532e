/**
 * Both cooperations in one: every member reads its role, the instruction and the prompt, and their next-token distributions are mixed,
 * token by token, by how well each predicted the text that all have read.
 */
import type { Procedure } from '../../procedure';

/** A text's score: its nats under that mixture. */
export const mixture: Procedure = {
  name: 'mixture',

  async answer({ members, together }, prompt, settings, watch) {
    const { text, finish, tokens } = await together.answer(prompt, settings, watch);
    const expert = members.map(({ name }) => name).join(' + ');
    return { text, finish, tokens, council: { winner: 0, drafts: [{ expert, text, scores: [], votes: 0 }] } };
  },

  score: (seats, passages, options) => seats.together.score(passages, options),
};
