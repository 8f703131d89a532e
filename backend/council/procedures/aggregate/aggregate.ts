/**
 * An answer made of all drafts, as by the aggregator of a mixture of agents (Wang et al. 2024): every member drafts, and the expert
 * with the largest P(member | prompt) reads all drafts and writes the answer.
 */
import { Meeting, type Step } from '../../meeting';
import type { Procedure } from '../../procedure';
import { afterPrompt, judgedBy } from '../../score';
import type { Statement } from '../../statements';

/** A text's score: its nats under the member that aggregates, after the prompt and all drafts; none for a text that stands alone. */
export const aggregate: Procedure = {
  name: 'aggregate',

  async answer(seats, prompt, settings, watch) {
    const meeting = new Meeting(seats, prompt, settings, watch);
    const posterior = await meeting.posterior();
    const drafts = await meeting.everyone({ name: 'draft' });
    const answer = await meeting.writeAnswer(meeting.likeliest(posterior), aggregating(drafts));
    return meeting.conclude([...drafts, answer], { winner: drafts.length, posterior });
  },

  ...judgedBy(async (_, given) => {
    const meeting = afterPrompt(given);
    const member = meeting.likeliest(await meeting.posterior());
    const { prompt } = meeting.reading(member, aggregating(await meeting.everyone({ name: 'draft' })));
    return [{ member, weight: 1, after: prompt }];
  }),
};

const aggregating = (read: readonly Statement[]): Step => ({
  name: 'aggregation',
  read,
  task: 'Some of it may be wrong or one-sided. Make one answer to the following of what is right in it.',
});
