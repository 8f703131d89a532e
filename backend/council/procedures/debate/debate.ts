/**
 * A debate (Du et al. 2023): every member drafts; in each round all read what all wrote last, and write anew; then all vote by
 * likelihood, as `vote` does.
 */
import { elect } from '../../election';
import { Meeting, type Step } from '../../meeting';
import type { Procedure } from '../../procedure';
import { afterPrompt, judgedBy } from '../../score';
import type { Statement } from '../../statements';
import { debateRounds } from './settings';

/** A text's score: the mean over members of its nats, each having read what all wrote last; none for a text that stands alone. */
export const debate: Procedure = {
  name: 'debate',

  async answer(seats, prompt, settings, watch) {
    const meeting = new Meeting(seats, prompt, settings, watch);
    const drafts = await lastDrafts(meeting);
    const judgements = await meeting.judge(drafts);
    return meeting.concludeVote(drafts, { ...elect(judgements, drafts.length), judgements });
  },

  ...judgedBy(async ({ members }, given) => {
    const meeting = afterPrompt(given);
    const step = revising(await lastDrafts(meeting));
    return members.map((_, member) => ({
      member,
      weight: 1 / members.length,
      after: meeting.reading(member, step).prompt,
    }));
  }),
};

async function lastDrafts(meeting: Meeting): Promise<readonly Statement[]> {
  let drafts = await meeting.everyone({ name: 'draft' });
  for (let round = 0; round < debateRounds; round++) drafts = await meeting.everyone(revising(drafts));
  return drafts;
}

const revising = (read: readonly Statement[]): Step => ({
  name: 'revision',
  read,
  task: 'Judge these answers, and write your own answer to the following anew.',
});
