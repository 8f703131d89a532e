import assert from 'node:assert/strict';
import { UserError } from '../../backend/base/errors';
import { memberPrompt } from '../../backend/council/procedure';

describe('what a member of a council reads', () => {
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

  it('what others wrote stands before a text, and in a conversation below what the user said last', () => {
    assert.equal(memberPrompt('You sail.', '', 'The tide', '[x] Notes'), 'You sail.\n[x] Notes\nThe tide');
    const turns = [
      { role: 'user' as const, content: 'Why?' },
      { role: 'assistant' as const, content: 'Be' },
    ];
    const told = [{ role: 'user', content: 'Why?\n\n[x] Notes' }, turns[1]];
    assert.deepEqual(memberPrompt('', '', turns, '[x] Notes'), told);
    assert.throws(() => memberPrompt('', '', { tokens: [1] }, '[x] Notes'), UserError);
  });
});
