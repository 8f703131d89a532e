import assert from 'node:assert/strict';
import { eachWord, wordsOf } from '../../backend/search/words';

describe('words that can be found', () => {
  it('are letters and digits that stand together, whatever their case and accents', () => {
    assert.deepEqual(wordsOf('Don’t touch foo_bar-2 (3.14)!'), ['don', 't', 'touch', 'foo', 'bar', '2', '3', '14']);
    const spellings = ['Café', 'CAFÉ', 'cafe', 'cafe\u0301', 'ＣＡＦÉ'];
    assert.deepEqual([...new Set(spellings.flatMap(wordsOf))], ['cafe']);
    assert.deepEqual(wordsOf('Straße İstanbul Łódź ΟΔΟΣ οδός Ёлка ﬁne'), [
      'strasse',
      'istanbul',
      'lodz',
      'οδοσ',
      'οδοσ',
      'елка',
      'fine',
    ]);
    assert.deepEqual(wordsOf('مُحَمَّد محمد').length, 2);
    assert.equal(new Set(wordsOf('مُحَمَّد محمد')).size, 1);
  });

  it('are single characters in scripts without spaces; signs of other scripts tell words apart', () => {
    assert.deepEqual(wordsOf('東京タワーtower'), ['東', '京', 'タ', 'ワ', 'ー', 'tower']);
    assert.deepEqual(wordsOf('한국어 韓國'), ['한국어', '韓', '國']);
    assert.equal(new Set(wordsOf('कि की')).size, 2);
    assert.deepEqual(wordsOf('𠮷野 𝐛𝐨𝐥𝐝'), ['𠮷', '野', 'bold']);
  });

  it('are told with their places, and end where nothing is left', () => {
    const places: string[] = [];
    const text = '  naïve 😀 İx\u0000y\ud800';
    eachWord(text, (_units, _length, start, end) => void places.push(text.slice(start, end)));
    assert.deepEqual(places, ['naïve', 'İx', 'y']);
    assert.deepEqual(wordsOf(''), []);
    assert.deepEqual(wordsOf('\u0301 🙂 — …'), []);
    const [long] = wordsOf('x'.repeat(100_000));
    assert.equal(long, 'x'.repeat(64));
    let seen = 0;
    eachWord('one two three', () => ++seen === 2);
    assert.equal(seen, 2);
  });
});
