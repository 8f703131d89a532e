import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DocumentSet } from '../../backend/base/document-set';
import { createRandom } from '../../backend/base/random';
import { findWords, type Hits, ranked } from '../../backend/search/matching';
import { parseQuery } from '../../backend/search/query';
import { matchesIn, snippetOf } from '../../backend/search/snippet';
import { DamagedIndexError, WordIndex } from '../../backend/search/word-index';
import { wordsOf } from '../../backend/search/words';
import { writeIndex } from '../../backend/search/write-index';

describe('the index of words', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Small segments, so that few texts make many. */
  const bounds = { words: 200, terms: 1000, documents: 40 };

  async function indexed(texts: readonly string[], name = 'words.index'): Promise<string> {
    const path = join(folder, name);
    async function* some(): AsyncGenerator<readonly string[]> {
      for (let from = 0; from < texts.length; from += 7) yield await Promise.resolve(texts.slice(from, from + 7));
    }
    await writeIndex(path, some(), bounds);
    return path;
  }

  async function find(path: string, query: string, among?: DocumentSet): Promise<Hits> {
    const index = await WordIndex.open(path);
    try {
      return await findWords(index, parseQuery(query), among, undefined);
    } finally {
      await index.close();
    }
  }
  const found = async (path: string, query: string): Promise<number[]> => [...(await find(path, query)).documents];

  /** The same by looking at every text. */
  function readThrough(texts: readonly string[], query: string): number[] {
    const { required, without } = parseQuery(query);
    const holds = (text: string, { words, isBeginning }: (typeof required)[number]): boolean => {
      const line = ` ${wordsOf(text).join(' ')} `;
      return line.includes(` ${words.join(' ')}${isBeginning ? '' : ' '}`);
    };
    return [...texts.keys()].filter(
      (i) => required.every((needle) => holds(texts[i], needle)) && !without.some((needle) => holds(texts[i], needle)),
    );
  }

  it('gives what reading every text gives: words, phrases, beginnings, what is left out', async () => {
    const random = createRandom(1);
    const words = 'to be or not that is the question Café CAFÉ 東京 京都 can cannot canada ω x 17'.split(' ');
    const texts = Array.from({ length: 300 }, (_, i) =>
      i % 50 === 0
        ? ''
        : Array.from({ length: random.below(30) }, () => words[Math.floor(words.length * random.uniform() ** 2)]).join(
            random.uniform() < 0.2 ? ', ' : ' ',
          ),
    );
    texts[123] = 'to be '.repeat(3000);
    const path = await indexed(texts);
    const index = await WordIndex.open(path);
    assert.ok(index.segments.length > 10, `${index.segments.length} segments`);
    await index.close();
    const queries = [
      ...['to', 'question', 'cafe', '東', '東京', '京', 'absent', 'can*', 'c*', 'Ω', '17', '1'],
      ...['to be', '"to be"', '"be to"', '"to be or not"', '"to to"', '"that is th*', '"not can*"', '"東京 京都"'],
      ...['to -be', '-to', '-"to be" or', 'question -can* x', '"to be" -"be to" 東京'],
    ];
    for (const query of queries.map((one) => (/^"[^"]*\*$/.test(one) ? one.replace('*', '"*') : one))) {
      assert.deepEqual(await found(path, query), readThrough(texts, query), query);
    }
  });

  it('ranks by how often rare words stand in short texts; equal ones keep their order', async () => {
    const filler = 'common '.repeat(30);
    const texts = ['common rare', `${filler}rare`, 'rare rare', 'common', filler, 'common rare'];
    const hits = await find(await indexed(texts), 'rare');
    const order = ranked(hits, 0, 10).map((at) => hits.documents[at]);
    assert.deepEqual(order, [2, 0, 5, 1]);
    assert.deepEqual(
      ranked(hits, 1, 2).map((at) => hits.documents[at]),
      [0],
    );
    const random = createRandom(2);
    const scores = Float32Array.from({ length: 5000 }, () => random.below(100));
    const many = { documents: Int32Array.from(scores.keys()), scores };
    const sorted = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
    assert.deepEqual(ranked(many, 40, 80), sorted.slice(40, 80));
  });

  it('looks among some documents alone', async () => {
    const path = await indexed(Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 'even' : 'odd')));
    const among = DocumentSet.none(100);
    for (const document of [1, 2, 64, 98, 99]) among.add(document);
    assert.deepEqual([...(await find(path, 'even', among)).documents], [2, 64, 98]);
    assert.deepEqual([...(await find(path, 'even', among.inverted())).documents].length, 47);
    assert.deepEqual(among.inverted().inverted().toArray(), among.toArray());
  });

  it('of texts without words, and of none, finds nothing', async () => {
    assert.deepEqual(await found(await indexed([]), 'word'), []);
    const path = await indexed(['', '…', '🙂'.repeat(1000)]);
    assert.deepEqual(await found(path, 'word'), []);
    assert.deepEqual(await found(path, '-word'), [0, 1, 2]);
  });

  it('that is cut short or is something else says so', async () => {
    const path = await indexed(Array.from({ length: 50 }, (_, i) => `word${i} again`));
    const bytes = await readFile(path);
    for (const [name, content] of [
      ['cut', bytes.subarray(0, bytes.length - 9)],
      ['tiny', Buffer.from('PM')],
      ['other', Buffer.alloc(5000, 1)],
    ] as const) {
      await writeFile(join(folder, name), content);
      await assert.rejects(WordIndex.open(join(folder, name)), DamagedIndexError, name);
    }
  });

  it('shows the piece of a text where the words stand, on one line, with whole characters', () => {
    const text = `${'before 😀 '.repeat(40)}\n\n  the Supreme\tCourt said 東京都. ${'after '.repeat(100)}`;
    const { required } = parseQuery('"supreme court" 京* after');
    const matches = matchesIn(text, required);
    assert.equal(text.slice(matches[0].start, matches[0].end), 'Supreme\tCourt');
    const { text: line, marks } = snippetOf(text, matches);
    assert.match(line, /^…[^\n\t]+…$/);
    assert.deepEqual(
      marks.slice(0, 3).map(({ start, end }) => line.slice(start, end)),
      ['Supreme Court', '京', 'after'],
    );
    assert.doesNotMatch(line, /\p{Cs}/u);
    assert.ok(line.length < 260, line);
    assert.deepEqual(snippetOf('short', []), { text: 'short', marks: [] });
    const overlapping = matchesIn('a b a b a', parseQuery('"a b a"').required);
    assert.deepEqual(
      overlapping.map(({ start, end }) => [start, end]),
      [[0, 9]],
    );
    const scattered = `court ${'x '.repeat(200)} the court is supreme`;
    const { text: near } = snippetOf(scattered, matchesIn(scattered, parseQuery('supreme court').required));
    assert.match(near, /^….*the court is supreme$/);
  });
});
