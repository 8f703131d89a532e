import assert from 'node:assert/strict';
import { markReplies, overlap } from '../../backend/evaluate/exam-replies';

describe('free answers', () => {
  it('are worth the F1 of their words and those of the nearest accepted answer', () => {
    const answers = [['Paris', 'the city of Paris'], ['seven'], ['x']];
    const { points, right, beside } = markReplies(
      answers,
      [' The city of paris.', 'seven or eight', ''],
      ['Paris', 'seven', ''],
    );
    assert.deepEqual(points, [1, 0.5, 0]);
    assert.deepEqual(right, [true, false, false]);
    assert.deepEqual(beside, { exact: 1 / 3, consistency: 0, said: ['The city of paris.', 'seven or eight', ''] });
  });

  it('are compared without what does not matter, and with what does', () => {
    const same = [
      ['A dog!', 'the DOG'],
      ['<think>cat?</think> dog', 'dog'],
      ['1,000', '1000'],
      ['“well-known”', 'wellknown'],
      ['ﬁve', 'five'],
      ['the', 'The'],
      ['東京', '東京。'],
    ];
    for (const [one, other] of same) assert.equal(overlap(one, other), 1, `${one} and ${other}`);
    const different = [
      ['-5', '5'],
      ['3.5', '35'],
      ['', 'a'],
      ['...', '...'],
      ['cat', 'dog'],
    ];
    for (const [one, other] of different) assert.equal(overlap(one, other), 0, `${one} and ${other}`);
    assert.equal(overlap('東京都', '東京'), 0.8);
    assert.equal(overlap('dog dog dog', 'dog'), 0.5);
  });
});
