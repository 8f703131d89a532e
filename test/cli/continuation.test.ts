import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createContinuationWriter } from '../../backend/cli/continuation';
import { type Screen, createScreen } from './double';

function written(pieces: readonly (readonly [string, number])[], screen: Screen = createScreen()): string {
  const writer = createContinuationWriter(screen);
  for (const [text, expert] of pieces) writer.push(text, expert);
  writer.end();
  return screen.text();
}

describe('createContinuationWriter', () => {
  it('marks with a letter where the expert changes, at the word', () => {
    assert.equal(
      written([
        ['The', 0],
        [' cat', 0],
        [' sat', 1],
        [' on', 1],
        [' it', 0],
      ]),
      '‹A›The cat ‹B›sat on ‹A›it\n',
    );
  });

  it('has a word in the place of a letter for who is no expert', () => {
    const screen = createScreen();
    const writer = createContinuationWriter(screen, [2, 'Base']);
    writer.legend(['ships', 'model']);
    writer.push('The', 0);
    writer.push(' cat', 1);
    writer.end();
    assert.equal(screen.text(), '‹C› ships\n‹Base› model\n\n‹C›The ‹Base›cat\n');
  });

  it('lets white space change nothing', () => {
    assert.equal(
      written([
        ['a', 0],
        ['\n', 1],
        [' ', 2],
        ['b', 0],
        ['\n\nc', 1],
      ]),
      '‹A›a\n b\n\n‹B›c\n',
    );
  });

  it('ends colour before each line feed', () => {
    const text = written([['a\nb', 0]], createScreen({ colorDepth: 4 }));
    assert.ok(text.includes('\x1b[34ma\x1b[39m\n\x1b[34mb\x1b[39m'), JSON.stringify(text));
  });

  it('disarms escape sequences, also when cut in two', () => {
    const text = written([
      ['\x1b', 0],
      [']0;owned\x07\x1b[2J', 0],
      ['\u009b31m\r', 0],
      ['x', 0],
    ]);
    assert.equal(text, '‹A›␛]0;owned␇␛[2J\ufffd31m␍x\n');
  });

  it('joins characters that arrive in pieces', () => {
    assert.equal(
      written([
        ['', 0],
        ['\ud83d', 0],
        ['\ude00', 0],
        ['a\r', 0],
        ['\nb', 0],
      ]),
      '‹A›😀a\nb\n',
    );
    assert.equal(
      written([
        ['e', 0],
        ['\u0301', 1],
        ['x', 1],
      ]),
      '‹A›e\u0301‹B›x\n',
    );
    assert.equal(
      written([
        ['👩\u200d', 0],
        ['👧', 1],
      ]),
      '‹A›👩\u200d👧\n',
    );
    assert.equal(
      written([
        ['a', 0],
        ['\ud83d', 0],
      ]),
      '‹A›a\ufffd\n',
    );
  });

  it('writes a legend in letters', () => {
    const screen = createScreen();
    createContinuationWriter(screen).legend(['Clinical studies', 'Py\x1b[0mthon\n']);
    assert.equal(screen.text(), '‹A› Clinical studies\n‹B› Py␛[0mthon \n\n');
  });

  it('never lets a control character through', () => {
    const piece = fc.tuple(fc.string({ unit: 'binary' }), fc.nat(9));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        // Cc is the class of control characters.
        assert.doesNotMatch(written(pieces).replaceAll(/[\n\t]/g, ''), /\p{Cc}/u);
      }),
    );
  });
});
