/**
 * A vote in which members count by P(member | prompt), how probable the prompt itself is to them. Their judgements are calibrated:
 * each member shares out one vote over the drafts, in proportion to the likelihood per token that it gives them.
 */
import { byWeight } from '../../choosing';
import { elect, weighedMerits } from '../../election';
import { Meeting } from '../../meeting';
import type { Procedure } from '../../procedure';
import { allJudges, judgedBy } from '../../score';

/** A text's score: the mean of its nats, weighed by P(member | prompt); equal weights for a text that stands alone. */
export const weightedVote: Procedure = {
  name: 'weighted-vote',
  choosing: byWeight,

  async answer(seats, prompt, settings, watch) {
    const meeting = new Meeting(seats, prompt, settings, watch);
    const posterior = await meeting.posterior();
    const drafts = await meeting.everyone({ name: 'draft' });
    const judgements = await meeting.judge(drafts);
    const ballot = elect(judgements, drafts.length, weighedMerits(judgements, drafts.length, posterior));
    return meeting.concludeVote(drafts, { ...ballot, judgements, posterior });
  },

  ...judgedBy(async (seats, meeting) => allJudges(seats, meeting?.prompt, await meeting?.posterior())),
};
