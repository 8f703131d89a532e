/**
 * Both cooperations in one: every expert reads its role, the instruction and the prompt, and their next-token distributions are mixed,
 * token by token, by how well each predicted the text that all have read. Chat models tell no distribution, and are left out.
 */
import { Meeting } from '../../meeting';
import type { Procedure, Seats } from '../../procedure';
import type { AnswerToken } from '../../../protocol/answers';
import { mixtureData } from './settings';

/** A text's score: its nats under that mixture. */
export const mixture: Procedure = {
  name: 'mixture',

  async answer(seats, prompt, settings, watch) {
    const meeting = new Meeting(seats, prompt, settings, watch);
    meeting.leaveOut('writing', mixtureData.withoutChats);
    const seated = seating(seats);
    const own = { signal: watch.signal, onToken: (token: AnswerToken) => watch.onToken(seated(token)) };
    const { text, finish, tokens } = await seats.together.answer(prompt, settings, own);
    const expert = seats.together.experts.join(' + ');
    const drafts = [{ expert, text, scores: [], votes: 0 }];
    return { text, finish, tokens: tokens.map(seated), council: { winner: 0, drafts, ...meeting.left() } };
  },

  score: (seats, passages, options) => seats.together.score(passages, options),
};

/** Tokens with the weights of all members: those that do not write have none. */
function seating({ members }: Seats): (token: AnswerToken) => AnswerToken {
  if (members.every(({ chat }) => chat === undefined)) return (token) => token;
  const experts = members.filter(({ chat }) => chat === undefined);
  return (token) => ({
    ...token,
    weights: members.map((member) => token.weights[experts.indexOf(member)] ?? 0),
  });
}
