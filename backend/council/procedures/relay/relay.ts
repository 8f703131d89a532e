/** Work in sequence: each member reads what those before it wrote, and writes the answer anew. The last one's is the council's. */
import { Meeting, type Step } from '../../meeting';
import type { Procedure } from '../../procedure';
import { afterPrompt, judgedBy } from '../../score';
import type { Statement } from '../../statements';

/** A text's score: its nats under the last member, after the prompt and what the others wrote to it; none for a text that stands alone. */
export const relay: Procedure = {
  name: 'relay',

  async answer(seats, prompt, settings, watch) {
    const meeting = new Meeting(seats, prompt, settings, watch);
    const earlier = await upToLast(meeting);
    const last = await meeting.writeAnswer(earlier.length, after(earlier));
    return meeting.conclude([...earlier, last], { winner: earlier.length });
  },

  ...judgedBy(async (_, given) => {
    const meeting = afterPrompt(given);
    const earlier = await upToLast(meeting);
    const { prompt } = meeting.reading(earlier.length, after(earlier));
    return [{ member: earlier.length, weight: 1, after: prompt }];
  }),
};

async function upToLast(meeting: Meeting): Promise<Statement[]> {
  const written: Statement[] = [];
  for (let member = 0; member < meeting.seats.members.length - 1; member++) {
    written.push(await meeting.write(member, after([...written])));
  }
  return written;
}

const after = (read: readonly Statement[]): Step =>
  read.length === 0
    ? { name: 'contribution' }
    : { name: 'contribution', read, task: 'Keep what is right in it, add what is missing, and answer the following.' };
