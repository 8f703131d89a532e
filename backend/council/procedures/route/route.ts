/** Routing before inference: the expert with the largest P(member | prompt) answers alone, under its role and the instruction. */
import { byBest } from '../../choosing';
import { Meeting } from '../../meeting';
import type { Procedure } from '../../procedure';
import { afterPrompt, judgedBy } from '../../score';
import { routeData } from './settings';

/** A text's score: its nats under the member that answers its prompt, after the plain prompt; none for a text that stands alone. */
export const route: Procedure = {
  name: 'route',
  choosing: byBest,

  async answer(seats, prompt, settings, watch) {
    const meeting = new Meeting(seats, prompt, settings, watch);
    const posterior = await meeting.posterior();
    meeting.leaveOut('answer', routeData.withoutChats);
    const answer = await meeting.writeAnswer(meeting.likeliest(posterior), { name: 'answer' });
    return meeting.conclude([answer], { winner: 0, posterior });
  },

  ...judgedBy(async (_, given) => {
    const meeting = afterPrompt(given);
    return [{ member: meeting.likeliest(await meeting.posterior()), weight: 1, after: meeting.prompt }];
  }),
};
