import assert from 'node:assert/strict';
import { UserError } from '../../backend/base/errors';
import { parseQuery, quoted, toggled } from '../../backend/search/query';

describe('the language of queries', () => {
  const words = (query: string, typing = false): unknown =>
    parseQuery(query, typing).required.map(({ words, isBeginning }) => words.join(' ') + (isBeginning ? '*' : ''));
  const filters = (query: string): unknown =>
    parseQuery(query).filters.map(({ name, values, comparisons, isNegated }) => [
      (isNegated ? '-' : '') + name,
      ...values,
      ...comparisons.map(({ operator, value }) => `${operator}${value}`),
    ]);
  const refused = (query: string, message: RegExp, next: RegExp): void =>
    assert.throws(
      () => parseQuery(query),
      (error) => error instanceof UserError && message.test(error.message) && next.test(error.next),
    );

  it('has words, phrases, beginnings, and what is left out', () => {
    assert.deepEqual(words('Café  "New York" foo-bar law*'), ['cafe', 'new york', 'foo bar', 'law*']);
    assert.deepEqual(words('“curly quotes”'), ['curly quotes']);
    assert.deepEqual(words('東京 tower'), ['東 京', 'tower']);
    const { required, without } = parseQuery('appeal -tax -"high court"');
    assert.deepEqual(
      required.map(({ words }) => words),
      [['appeal']],
    );
    assert.deepEqual(
      without.map(({ words }) => words),
      [['tax'], ['high', 'court']],
    );
  });

  it('takes the last word for a beginning while it is typed', () => {
    assert.deepEqual(words('supreme cou', true), ['supreme', 'cou*']);
    assert.deepEqual(words('supreme cou ', true), ['supreme', 'cou']);
    assert.deepEqual(words('"supreme cou', true), ['supreme cou*']);
    assert.deepEqual(words('"supreme ', true), ['supreme']);
    assert.deepEqual(words('a', true), ['a']);
    for (const unfinished of ['"', '-', 'pile:', 'confidence:<', 'is:mo', 'foo:bar', '+'])
      assert.deepEqual(parseQuery(`word ${unfinished}`, true).filters, [], unfinished);
    assert.equal(parseQuery('is:moved', true).filters.length, 1);
  });

  it('has filters with names, choices and numbers', () => {
    assert.deepEqual(filters('pile:A,"court, rulings" -is:moved Label:law domain:press'), [
      ['pile', 'A', 'court, rulings'],
      ['-is', 'moved'],
      ['label', 'law'],
      ['label', 'press'],
    ]);
    assert.deepEqual(filters('confidence:<60% length:>=1000 position:3..17 confidence:0.2..0.7'), [
      ['confidence', '<0.6'],
      ['length', '>=1000'],
      ['position', '>=3', '<=17'],
      ['confidence', '>=0.2', '<=0.7'],
    ]);
    assert.deepEqual(words('"pile:B"'), ['pile b']);
  });

  it('says what is wrong with which word, and what can be written', () => {
    refused('law http://x', /http:\/\/x: there is no filter http/, /pile: .*quotes/);
    refused('is:movd', /is:movd: is: knows no movd/, /moved, pinned, outlier/);
    refused('confidence:high', /confidence:high: that is no number/, /confidence:<0\.5/);
    refused('pile:', /what follows pile: is missing/, /pile:B/);
    refused('"no end', /quotes of "no end have no end/, /Close them/);
    refused('law 🙂', /🙂 has no letter and no digit/, /Leave it out/);
    refused('-dataset:news', /nothing can be left out/, /dataset:news/);
  });

  it('gets filters added and taken away, with quotes where a name needs them', () => {
    assert.equal(toggled('law "a b"', 'is:moved'), 'law "a b" is:moved');
    assert.equal(toggled('law IS:moved "a b"', 'is:moved'), 'law "a b"');
    assert.equal(`pile:${quoted('court rulings')}`, 'pile:"court rulings"');
    assert.equal(quoted('press'), 'press');
  });
});
