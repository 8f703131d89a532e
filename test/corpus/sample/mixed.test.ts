import assert from 'node:assert/strict';
import type { Document } from '../../../backend/corpus/document';
import { Duplicates } from '../../../backend/corpus/import/duplicates';
import { loadSample } from '../../../backend/corpus/sample/samples';
import { checkLeakage } from '../../support/plain-split';

function groups(documents: readonly Document[]): Map<string, Document[]> {
  const result = new Map<string, Document[]>();
  for (const document of documents) {
    const { domain = '' } = document;
    result.set(domain, [...(result.get(domain) ?? []), document]);
  }
  return result;
}

describe('the sample corpus', () => {
  it('has six domains of uneven size, whose passages neither length nor markup tells apart', async () => {
    const corpus = await loadSample('sample', 1);
    const sides = [corpus.train, corpus.validation, corpus.test];
    const all = sides.flat();
    assert(all.length >= 3000 && all.length <= 5000);
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    assert.deepEqual(checkLeakage(corpus), []);

    const domains = groups(all);
    const shares = [...domains.values()].map((documents) => documents.length / all.length).sort((a, b) => a - b);
    assert.equal(shares.length, 6);
    assert(shares[0] > 0.03 && shares[0] < 0.05 && shares[5] > 0.25);
    for (const [domain, documents] of domains) {
      for (const side of sides) assert(side.some((document) => document.domain === domain));
      const words = documents.map(({ text }) => text.split(/\s+/).length).sort((a, b) => a - b);
      const median = words[words.length >> 1];
      assert(median >= 145 && median <= 175, `${domain}: ${median} words`);
    }
    for (const remnant of [/```|\{@|\]\(http|<\/?(a|p|code|br)\b/, /^\s*\*/m, / {2}/]) {
      assert.deepEqual(
        all.filter(({ text }) => remnant.test(text)).map(({ id }) => id),
        [],
      );
    }
  });

  it('is the same for every seed but for its sides, and holds no near-copies', async () => {
    const [first, second] = await Promise.all([1, 2].map((seed) => loadSample('sample', seed)));
    const texts = [first, second].map(({ train, validation, test }) => {
      return [...train, ...validation, ...test].map(({ id, text }) => `${id} ${text}`).sort();
    });
    assert.deepEqual(texts[0], texts[1]);
    assert.notDeepEqual(first.test, second.test);
    const duplicates = new Duplicates(0.8);
    for (const { text } of [...first.train, ...first.validation, ...first.test]) duplicates.add(text);
    assert.equal(duplicates.groups().kind.filter((kind) => kind > 0).length, 0);
  });

  it('names the sample corpora where there is none of a name', async () => {
    await assert.rejects(loadSample('sample:green'), /no sample corpus "sample:green"/);
  });
});
