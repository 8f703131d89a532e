import assert from 'node:assert/strict';
import fc from 'fast-check';
import { memberPrompt } from '../../backend/council/procedure';
import { deliberate } from '../../backend/council/procedures/vote';

/** A council whose members like each draft as the table says: a row per draft. */
const council = (table: readonly (readonly number[])[]): ReturnType<typeof deliberate<number>> =>
  deliberate(table.length, {
    draft: (member) => Promise.resolve(member),
    judge: (draft) => Promise.resolve(table[draft]),
  });

describe('the council', () => {
  it('takes the draft that its members find most probable on average, not the one with most votes', async () => {
    const { winner, drafts } = await council([
      [-1, -1, -9],
      [-2, -2, -1],
      [-3, -3, -3],
    ]);
    assert.equal(winner, 1);
    assert.deepEqual(
      drafts.map(({ votes }) => votes),
      [2, 1, 0],
    );
    assert.deepEqual(drafts[0], { draft: 0, scores: [-1, -1, -9], votes: 2 });
  });

  it('prefers the earlier member on a tie', async () => {
    const { winner } = await council([
      [-3, -3],
      [-2, -4],
    ]);
    assert.equal(winner, 0);
  });

  it('an empty draft wins only where all are empty', async () => {
    assert.equal((await council([[], [-50, -60]])).winner, 1);
    assert.equal((await council([[], []])).winner, 0);
  });

  it('drafts come before judgements, each once, and every vote is counted', async () => {
    const table = fc.integer({ min: 1, max: 5 }).chain((n) =>
      fc.array(fc.array(fc.integer({ min: -9, max: 0 }), { minLength: n, maxLength: n }), {
        minLength: n,
        maxLength: n,
      }),
    );
    await fc.assert(
      fc.asyncProperty(table, async (scores) => {
        const log: string[] = [];
        const { winner, drafts } = await deliberate(scores.length, {
          draft: (member) => Promise.resolve(log.push(`draft ${member}`) - 1),
          judge: (draft) => Promise.resolve((log.push(`judge ${draft}`), scores[draft])),
        });
        const each = (what: string): string[] => scores.map((_, i) => `${what} ${i}`);
        assert.deepEqual(log, [...each('draft'), ...each('judge')]);
        const means = scores.map((row) => row.reduce((a, b) => a + b, 0) / row.length);
        assert.equal(winner, means.indexOf(Math.max(...means)));
        assert.equal(
          drafts.reduce((total, { votes }) => total + votes, 0),
          scores.length,
        );
      }),
    );
  });

  it('a failing member fails the council', async () => {
    const work = { draft: () => Promise.reject(new Error('gone')), judge: () => Promise.resolve([]) };
    await assert.rejects(deliberate(2, work), /gone/);
  });

  it('a member reads its role, the instruction, then the prompt as it is', () => {
    assert.equal(memberPrompt('You sail. ', 'Be brief.\n', ' The tide'), 'You sail.\nBe brief.\n The tide');
    assert.equal(memberPrompt('', '', 'The tide'), 'The tide');
  });

  it('in a conversation the role and the instruction are what the system says first', () => {
    const asked = { role: 'user' as const, content: 'Why?' };
    const told = { role: 'system' as const, content: 'Be kind.' };
    const own = { role: 'system', content: 'You sail.\nBe brief.' };
    assert.deepEqual(memberPrompt('You sail.', 'Be brief.', [asked]), [own, asked]);
    const both = { role: 'system', content: `${own.content}\nBe kind.` };
    assert.deepEqual(memberPrompt('You sail.', 'Be brief.', [told, asked]), [both, asked]);
    assert.deepEqual(memberPrompt('', '', [asked]), [asked]);
  });
});
