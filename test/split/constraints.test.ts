import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assignBalanced, keepingTo } from '../../backend/split/constraints/balance';
import { groupsOf, type Constraints } from '../../backend/split/constraints/constraints';
import { kmeansByWords } from '../../backend/split/methods/kmeans/kmeans';
import { randomPiles } from '../../backend/split/methods/random/random';
import { unigramByWords } from '../../backend/split/methods/unigram/unigram';
import { contingency, qualityOf } from '../../backend/split/describe/quality';
import { UserError } from '../../backend/base/errors';
import { generatedTexts } from './generated';

const named = (row: number): string => `doc-${row}`;
const must = (a: number, b: number) => ({ kind: 'must' as const, a, b });
const cannot = (a: number, b: number) => ({ kind: 'cannot' as const, a, b });
const noPins = new Map<number, number>();

/** Which constraints piles do not keep. */
function broken({ links, pins }: Constraints, piles: Int32Array): string[] {
  return [
    ...links
      .filter(({ kind, a, b }) => (piles[a] === piles[b]) !== (kind === 'must'))
      .map((link) => JSON.stringify(link)),
    ...[...pins].filter(([row, pile]) => piles[row] !== pile).map(([row]) => `pin of ${row}`),
  ];
}

/** Constraints that some piles keep: each is read off these. */
const constraints = fc.integer({ min: 2, max: 5 }).chain((k) =>
  fc.integer({ min: k, max: 40 }).chain((n) => {
    const row = fc.nat(n - 1);
    return fc
      .record({
        hidden: fc.array(fc.nat(k - 1), { minLength: n, maxLength: n }),
        pairs: fc.array(fc.tuple(row, row), { maxLength: 30 }),
        pinned: fc.array(row, { maxLength: 8 }),
        scores: fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: n * k, maxLength: n * k }),
        capacity: fc.double({ min: 1, max: 3, noNaN: true }),
      })
      .map(({ hidden, pairs, pinned, scores, capacity }) => {
        const links = pairs
          .filter(([a, b]) => a !== b)
          .map(([a, b]) => (hidden[a] === hidden[b] ? must(a, b) : cannot(a, b)));
        const pins = new Map(pinned.map((of) => [of, hidden[of]]));
        return { k, n, said: { links, pins }, scores: Float64Array.from(scores), capacity };
      });
  }),
);

describe('what people said of documents', () => {
  it('holds in every assignment, and only documents that somebody named fill a pile beyond its room', () => {
    fc.assert(
      fc.property(constraints, ({ k, n, said, scores, capacity }) => {
        const groups = groupsOf(said, named);
        const piles = assignBalanced(scores, k, capacity, groups);
        assert.deepEqual(broken(said, piles), []);
        const namedRows = new Set(groups.flatMap(({ rows }) => rows));
        const limit = Math.ceil((capacity * n) / k);
        for (let pile = 0; pile < k; pile++) {
          const inPile = [...piles.keys()].filter((row) => piles[row] === pile);
          assert(inPile.length <= limit || inPile.every((row) => namedRows.has(row)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves piles that keep it as they are', () => {
    fc.assert(
      fc.property(constraints, ({ k, said, scores }) => {
        const groups = groupsOf(said, named);
        const kept = assignBalanced(scores, k, k, groups);
        assert.deepEqual(keepingTo(groups, kept, k), kept);
      }),
    );
  });

  it('gives documents that are linked the pile that suits them best together', () => {
    const groups = groupsOf({ links: [must(0, 1)], pins: noPins }, named);
    assert.deepEqual([...assignBalanced(Float64Array.of(0, 1, 5, 0, 3, 0), 2, 2, groups)], [0, 0, 0]);
  });

  it('that contradicts itself is refused with the documents', () => {
    const refused = (said: Constraints, message: RegExp): void =>
      assert.throws(
        () => groupsOf(said, named),
        (error) => error instanceof UserError && message.test(error.message) && error.next.length > 0,
      );
    refused({ links: [must(0, 1), must(1, 2), cannot(0, 2)], pins: noPins }, /doc-0 and doc-2 must not share a pile/);
    const pins = new Map([[0, 1], [3, 0], [4, 0]]); // prettier-ignore
    refused({ links: [must(0, 3)], pins }, /doc-0 and doc-3 must share a pile, but are pinned to two/);
    refused({ links: [cannot(3, 4)], pins }, /doc-3 and doc-4 must not share a pile, but are pinned to the same/);
    const triangle = groupsOf({ links: [cannot(0, 1), cannot(1, 2), cannot(0, 2)], pins: noPins }, named);
    assert.throws(
      () => keepingTo(triangle, new Int32Array(5).fill(-1), 2),
      /2 piles are too few to keep all these documents apart: doc-0, doc-1, doc-2/,
    );
    assert.equal(keepingTo(triangle, new Int32Array(5).fill(-1), 3).length, 5);
  });
});

describe('splitting methods', () => {
  const k = 4;
  const { texts, gold } = generatedTexts(k, 20, 3);
  const nmi = (piles: Int32Array): number => qualityOf(contingency(piles, gold, k)).nmi;
  const [first] = gold;
  const alike = [...gold.keys()].filter((row) => gold[row] === first);
  const others = [...gold.keys()].filter((row) => gold[row] !== first);
  // Against what the words say: two of one topic apart, two of different topics together.
  const links = [cannot(alike[0], alike[1]), must(alike[2], others[0]), must(others[0], others[5])];

  it('keep to links, and still find the topics', async () => {
    const said = { links, pins: noPins };
    const groups = groupsOf(said, named);
    const found = [
      (await kmeansByWords(texts, { k, seed: 1, groups })).assignments,
      (await unigramByWords(texts, { k, seed: 1, groups })).assignments,
    ];
    for (const piles of found) {
      assert.deepEqual(broken(said, piles), []);
      assert(nmi(piles) > 0.9, `NMI ${nmi(piles)}`);
    }
    const drawn = keepingTo(groups, randomPiles(texts.length, k, 1), k);
    assert.deepEqual(broken(said, drawn), []);
  });

  it('go on from given piles: numbers stay, pinned documents stay, and documents that were in none find theirs', async () => {
    const topics = [...new Set(gold)];
    // In an order that no method would come to by itself, with a tenth of the documents in no pile.
    const start = Int32Array.from(gold, (topic, row) => (row % 10 === 0 ? -1 : (topics.indexOf(topic) + 2) % k));
    const stranger = alike[3];
    const pile = (start[alike[4]] + 1) % k;
    start[stranger] = pile;
    const said = { links, pins: new Map([[stranger, pile]]) };
    const groups = groupsOf(said, named);
    const found = {
      'k-means': await kmeansByWords(texts, { k, seed: 1, start, groups }),
      'unigram EM': await unigramByWords(texts, { k, seed: 1, start, groups }),
    };
    for (const [method, { assignments }] of Object.entries(found)) {
      assert.deepEqual(broken(said, assignments), []);
      const same = gold.filter((topic, row) => assignments[row] === (topics.indexOf(topic) + 2) % k).length;
      assert(same > 0.9 * texts.length, `${method}: ${same} of ${texts.length}`);
    }
  });
});
