/**
 * A vote by likelihood: every member drafts an answer under its own role and the instruction for all; then every member judges
 * every draft by how probable it finds it after the plain prompt, and the draft that they find most probable on average is the
 * answer. Members do not read each other's drafts, so nothing is debated, mended or put together.
 */
import { majority } from '../../choosing';
import { elect } from '../../election';
import { Meeting } from '../../meeting';
import type { Procedure } from '../../procedure';
import { allJudges, judgedBy } from '../../score';

/** A text's score is what members vote by: the mean over them of its nats, each reading it after the plain prompt. */
export const vote: Procedure = {
  name: 'vote',
  choosing: majority,

  async answer(seats, prompt, settings, watch) {
    const meeting = new Meeting(seats, prompt, settings, watch);
    const drafts = await meeting.everyone({ name: 'draft' });
    const judgements = await meeting.judge(drafts);
    return meeting.concludeVote(drafts, { ...elect(judgements, drafts.length), judgements });
  },

  ...judgedBy((seats, meeting) => allJudges(seats, meeting?.prompt)),
};
