/** Routing before inference: the member with the largest P(member | prompt) answers alone, under its role and the instruction. */
import { byBest } from '../../choosing';
import { largest } from '../../election';
import { Meeting } from '../../meeting';
import type { Procedure } from '../../procedure';
import { afterPrompt, scoreByJudges } from '../../score';

/** A text's score: its nats under the member that answers its prompt, after the plain prompt; none for a text that stands alone. */
export const route: Procedure = {
  name: 'route',
  choosing: byBest,

  async answer(seats, prompt, settings, watch) {
    const meeting = new Meeting(seats, prompt, settings, watch);
    const posterior = await meeting.posterior();
    const answer = await meeting.writeAnswer(largest(posterior), { name: 'answer' });
    return meeting.conclude([answer], { winner: 0, posterior });
  },

  score: (seats, passages, options) =>
    scoreByJudges(seats, passages, options, async (given) => {
      const meeting = afterPrompt(given);
      return [{ member: largest(await meeting.posterior()), weight: 1, after: meeting.prompt }];
    }),
};
