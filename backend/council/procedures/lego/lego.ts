/**
 * Roles with feedback, after LEGO (He et al. 2023): knowledge is gathered first, then one explains, one criticises, and whoever
 * explained revises. The steps go over the members in turn, so a small council has members with several of them; where a
 * chat model abstains, the next one takes its step.
 */
import { Meeting, type Step } from '../../meeting';
import type { Procedure } from '../../procedure';
import { afterPrompt, judgedBy } from '../../score';
import type { Statement } from '../../statements';

/** A text's score: its nats under the member that revises, after the prompt and all that was said; none for a text that stands alone. */
export const lego: Procedure = {
  name: 'lego',

  async answer(seats, prompt, settings, watch) {
    const meeting = new Meeting(seats, prompt, settings, watch);
    const said = await upToCritique(meeting);
    const [, explanation] = said;
    const revision = await meeting.writeAnswer(explanation.member, revising(said));
    return meeting.conclude([explanation, revision], { winner: 1 });
  },

  ...judgedBy(async (_, given) => {
    const meeting = afterPrompt(given);
    const said = await upToCritique(meeting);
    const { member } = said[1];
    return [{ member, weight: 1, after: meeting.reading(member, revising(said)).prompt }];
  }),
};

type Said = readonly [knowledge: Statement, explanation: Statement, critique: Statement];

async function upToCritique(meeting: Meeting): Promise<Said> {
  const knowledge = await meeting.writeInTurn(0, {
    name: 'knowledge',
    task: 'Do not answer the following yet: tell what has to be known for it, causes and effects.',
  });
  const explanation = await meeting.writeInTurn(1, {
    name: 'explanation',
    read: [knowledge],
    task: 'Answer the following with what is right in it.',
  });
  const critique = await meeting.writeInTurn(2, {
    name: 'critique',
    read: [knowledge, explanation],
    task: 'Tell what is wrong or missing in this explanation of the following.',
  });
  return [knowledge, explanation, critique];
}

const revising = (read: readonly Statement[]): Step => ({
  name: 'revision',
  read,
  task: 'Mend the explanation where the critique is right, and answer the following.',
});
