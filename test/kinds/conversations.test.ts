import assert from 'node:assert/strict';
import { LanguageModel } from '../../backend/model/language-model';
import { learnedTexts } from '../../backend/kinds/shared/conversations';
import type { Turn } from '../../backend/protocol/records';
import { renderTurns } from '../../backend/model/chat/plain';

const system = { role: 'system', content: 'Answer briefly.' };
const long = { role: 'user', content: 'Once more, and again and again. '.repeat(30) };
const question = { role: 'user', content: 'And the sea?' };
const answer = { role: 'assistant', content: 'Deep.' };

describe('conversations that are longer than what is learned of one text', () => {
  let model: LanguageModel;

  before(async () => {
    model = await LanguageModel.open('models/polymath-base', { threads: 1 });
  });

  after(() => model.dispose());

  const learned = (most: number, ...conversations: Turn[][]): ReturnType<typeof learnedTexts> => {
    const documents = conversations.map((turns, i) => {
      const text = renderTurns(turns);
      return { id: `${i}`, text, turns, tokens: model.tokenizer.encode(text), bytes: text.length };
    });
    return learnedTexts(documents, model, { lossOn: 'answers', documentTokens: most });
  };
  const read = ({ texts }: ReturnType<typeof learnedTexts>, i = 0): string => model.tokenizer.decode(texts[i].tokens);

  it('lose turns before their last answers, and keep what the system says', () => {
    const turns = [system, long, answer, question, answer];
    assert.match(read(learned(1000, turns)), /Once more[^]*sea/);
    const cut = learned(40, turns);
    assert.match(read(cut), /^\s*Answer briefly\.\n\nUser: And the sea\?\n\nAssistant: Deep\.$/);
    assert.ok(cut.texts[0].counted?.includes(1));
    assert.equal(cut.withoutAnswer, 0);
  });

  it('are cut behind and keep all before it where an answer is there', () => {
    const turns = [question, answer, long, answer, question, answer];
    assert.match(read(learned(40, turns)), /^\s*User: And the sea\?\n\nAssistant: Deep\.\n\nUser: Once more/);
  });

  it('are left out and counted where no answer is within it', () => {
    const { texts, withoutAnswer, conversations } = learned(40, [long, answer], [question, answer]);
    assert.deepEqual([texts[0].tokens.length, withoutAnswer, conversations], [0, 1, 2]);
    assert.ok(texts[1].counted?.includes(1));
  });

  it('that nobody answers are learned whole', () => {
    const { texts, withoutAnswer } = learned(40, [long]);
    assert.deepEqual([texts[0].counted, withoutAnswer], [undefined, 0]);
    assert.ok(texts[0].tokens.length > 40);
  });
});
