import assert from 'node:assert/strict';
import { brownPassages } from '../../../backend/corpus/sample/brown';
import { loadSample } from '../../../backend/corpus/sample/samples';
import { checkLeakage } from '../../support/plain-split';

describe('the Brown corpus', () => {
  it('turns tagged words into running text', () => {
    const tagged = [
      "\tThe/at cost/nn (/( in/in 1960/cd -/in 1962/cd )/) ,/, ``/`` he/pps can't/md* ''/'' ,/, is/bez $5/nns and/or/cc more/ap ./.",
      "``/`` He/pps said/vbd ,/, '/' Go/vb ,/, Inc./nn '/' ''/'' ./.",
      'Did/dod he/pps ;/. ;/.',
      'or/cc not/* ?/. ?/.',
      'It/pps is/bez Af/nn ./.',
      'At/in 32*0C./nil by/in **ya/nn rays/nns ,/, 1/cd :/in 512/cd ./.',
    ].join('\n');
    assert.deepEqual(brownPassages(tagged), [
      'The cost (in 1960-1962), "he can\'t," is $5 and/or more. "He said, \'Go, Inc.\'" Did he; or not? ' +
        'At 32°C. by α rays, 1:512.',
    ]);
  });

  it('is split by text within six domains, and reads like text', async () => {
    const corpus = await loadSample('sample:brown', 1);
    const sides = [corpus.train, corpus.validation, corpus.test];
    const files = sides.map((side) => new Set(side.map(({ id }) => id.slice(0, 'brown-ca01'.length))));
    assert.deepEqual(
      files.map((names) => names.size),
      [398, 51, 51],
    );
    assert.equal(new Set(files.flatMap((names) => [...names])).size, 500);
    assert.deepEqual(checkLeakage(corpus), []);
    for (const side of sides) assert.equal(new Set(side.map(({ domain }) => domain)).size, 6);

    const texts = sides.flat().map(({ text }) => text);
    const lengths = texts.map((text) => text.split(/\s+/).length).sort((a, b) => a - b);
    assert(texts.length > 6000);
    assert(lengths[Math.floor(0.05 * lengths.length)] >= 120 && lengths[Math.floor(0.95 * lengths.length)] <= 200);
    for (const remnant of ['``', "''", '**', '/nn', '( ', ' )', ' ,', '  ']) {
      assert.equal(texts.filter((text) => text.includes(remnant)).length, 0, `remnant ${remnant}`);
    }
    const again = await loadSample('sample:brown', 1);
    assert.deepEqual(again.test.slice(0, 9), corpus.test.slice(0, 9));
  });
});
