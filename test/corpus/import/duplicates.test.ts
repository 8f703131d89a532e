import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Bands, rowsFor } from '../../../backend/corpus/import/bands';
import { Duplicates } from '../../../backend/corpus/import/duplicates';
import { HashIndex } from '../../../backend/corpus/import/hash-index';
import { normalise, sign, SIGNATURE } from '../../../backend/corpus/import/minhash';
import { countLeaks, drawSides } from '../../../backend/corpus/import/sides';
import { splitCorpus } from '../../support/plain-split';
import { createRandom, type Random } from '../../../backend/base/random';

/** Ways to make a unit of text, and how many units a document has. */
const languages: Readonly<
  Record<string, { readonly unit: (random: Random) => string; readonly joint: string; readonly units: number }>
> = {
  English: {
    unit: (random) => Array.from({ length: 2 + random.below(8) }, () => 'etaoinshrdlu'[random.below(12)]).join(''),
    joint: ' ',
    units: 150,
  },
  Chinese: {
    // A phrase of some common characters.
    unit: (random) =>
      String.fromCodePoint(...Array.from({ length: 6 + random.below(6) }, () => 0x4e00 + random.below(3000))),
    joint: '，',
    units: 60,
  },
  code: {
    unit: (random) =>
      `  const v${random.below(1000)} = f${random.below(1000)}(x${random.below(100)}, ${random.below(10_000)});`,
    joint: '\n',
    units: 40,
  },
};

function groupsOf(texts: readonly string[], threshold: number): Int32Array {
  const duplicates = new Duplicates(threshold);
  texts.forEach((text) => duplicates.add(text));
  return duplicates.groups().first;
}

describe('near-duplicates', () => {
  for (const [language, { unit, joint, units }] of Object.entries(languages)) {
    it(`of ${language} with 1 to 5 % of their words, phrases or lines changed are found: nearly all; unrelated texts: none`, () => {
      const random = createRandom(7);
      const originals = Array.from({ length: 300 }, () => Array.from({ length: units }, () => unit(random)));
      const changed = originals.map((parts) => {
        const copy = [...parts];
        const edits = Math.max(1, Math.round((0.01 + 0.04 * random.uniform()) * units));
        for (let i = 0; i < edits; i++) copy[random.below(units)] = unit(random);
        return copy;
      });
      const texts = [...originals, ...changed].map((parts) => parts.join(joint));
      const first = groupsOf(texts, 0.8);
      const found = changed.filter((_, i) => first[300 + i] === i).length;
      const wrong = first.reduce((count, group, i) => count + (group === i || group === i - 300 ? 0 : 1), 0);
      assert(found >= 0.95 * 300, `${found} of 300 were found`);
      assert.equal(wrong, 0);
    });
  }

  it('take a signature whose agreement estimates the Jaccard similarity, for short texts too', () => {
    const random = createRandom(3);
    for (const length of [12, 60, 3000]) {
      let [error, pairs] = [0, 0];
      for (let pair = 0; pair < 60; pair++) {
        const shared = random.uniform();
        const text = (): string => Array.from({ length }, () => String.fromCharCode(97 + random.below(26))).join('');
        const same = text().slice(0, Math.round(shared * length));
        const [a, b] = [same + text(), same + text()].map((full) => full.slice(0, length));
        error += agreement(a, b) - jaccard(a, b);
        pairs++;
        assert(Math.abs(agreement(a, b) - jaccard(a, b)) < 0.35, `${agreement(a, b)} for ${jaccard(a, b)}`);
      }
      assert(Math.abs(error / pairs) < 0.03, `biased by ${error / pairs} at ${length}`);
    }
  });

  it('need thresholds that bands can meet', () => {
    for (const threshold of [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1]) {
      const rows = rowsFor(threshold);
      assert.equal(SIGNATURE % rows, 0);
      assert(1 - (1 - threshold ** rows) ** (SIGNATURE / rows) >= 0.95);
    }
  });

  it('are found across all growths of the tables, with buckets that stay small', () => {
    const bands = new Bands(0.8);
    const random = createRandom(1);
    const signature = (): Uint16Array => Uint16Array.from({ length: SIGNATURE }, () => random.below(65_536));
    const early = signature();
    const found: number[] = [];
    bands.add(0, early, () => assert.fail('nothing was there'));
    for (let i = 1; i < 3000; i++) bands.add(i, signature(), (earlier) => found.push(earlier));
    assert.equal(found.length, 0);
    bands.add(3000, early, (earlier) => found.push(earlier));
    assert.deepEqual(new Set(found), new Set([0]));
    for (let i = 3001; i < 3100; i++) bands.add(i, early, (earlier) => found.push(earlier));
    assert(found.length <= 100 * 8 * (SIGNATURE / rowsFor(0.8)));
  });
});

describe('duplicates', () => {
  it('equal but for letter case and white space are exact, whatever the threshold', () => {
    for (const threshold of [0, 0.8]) {
      const duplicates = new Duplicates(threshold);
      for (const text of ['One  text', 'another', ' one\u00a0TEXT\n', 'ONE text!', '']) duplicates.add(text || 'x');
      const { first, kind } = duplicates.groups();
      assert.deepEqual([...first.subarray(0, 3)], [0, 1, 0]);
      assert.deepEqual([...kind.subarray(0, 3)], [0, 0, 1]);
    }
  });

  it('form transitive groups named after their first document', () => {
    const random = createRandom(2);
    const words = Array.from({ length: 200 }, () => languages.English.unit(random));
    const variant = (from: number): string =>
      words.map((word, i) => (i >= from && i < from + 8 ? `changed${i}` : word)).join(' ');
    const duplicates = new Duplicates(0.8);
    const base = words.join(' ');
    for (const text of [variant(0), 'something else entirely, of no relation', variant(100), base, base.toUpperCase()])
      duplicates.add(text);
    const { first, kind } = duplicates.groups();
    assert.deepEqual([...first], [0, 1, 0, 0, 0]);
    // The last one equals the one before it, but only resembles the first of the group.
    assert.deepEqual([...kind], [0, 0, 2, 2, 2]);
  });
});

describe('a table of 64-bit keys', () => {
  it('gives back what a Map would', () => {
    const operation = fc.tuple(fc.nat(40), fc.nat(3), fc.nat(1000));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 3000, size: 'max' }), (operations) => {
        const index = new HashIndex();
        const map = new Map<string, number>();
        for (const [low, high, value] of operations) {
          index.set(low * 1024, high, value);
          map.set(`${low} ${high}`, value);
        }
        for (let low = 0; low <= 40; low++) {
          for (let high = 0; high <= 3; high++) assert.equal(index.get(low * 1024, high), map.get(`${low} ${high}`));
        }
      }),
      { numRuns: 20 },
    );
    const index = new HashIndex();
    for (let i = 0; i < 5000; i++) index.set(-i, i, i);
    for (let i = 0; i < 5000; i++) assert.equal(index.get(-i, i), i);
  });
});

describe('sides', () => {
  it('are those of a plain split where texts are equal or different', () => {
    const numbers = fc.array(fc.nat(60), { minLength: 3, maxLength: 200 }).filter((all) => new Set(all).size >= 3);
    const fraction = fc.double({ min: 0, max: 0.45, noNaN: true });
    fc.assert(
      fc.property(numbers, fc.nat(), fraction, fraction, (all, seed, validation, test) => {
        const documents = all.map((number, i) => ({ id: String(i), text: `text ${number}` }));
        const corpus = splitCorpus('c', documents, { seed, validation, test });
        const drawn = drawSides(
          groupsOf(
            documents.map(({ text }) => text),
            0,
          ),
          [test, validation],
          [seed],
        );
        for (const [code, side] of (['train', 'test', 'validation'] as const).entries()) {
          assert.deepEqual(
            documents.filter((_, i) => drawn[i] === code),
            corpus[side],
          );
        }
        assert.equal(
          countLeaks(
            groupsOf(
              documents.map(({ text }) => text),
              0,
            ),
            drawn,
          ),
          0,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('stay empty, the last first, where there are fewer groups than sides', () => {
    assert.deepEqual(drawSides(new Int32Array(20), [0.1, 0.1], [0]), new Uint8Array(20));
    assert.deepEqual(drawSides(Int32Array.of(0, 0, 0, 0, 4), [0.1, 0.1], [0]), Uint8Array.of(0, 0, 0, 0, 1));
    assert.deepEqual(drawSides(Int32Array.of(0, 0, 0, 0, 4), [0, 0.1], [0]), Uint8Array.of(0, 0, 0, 0, 2));
    assert.deepEqual(drawSides(new Int32Array(2), [0, 0], [0]), new Uint8Array(2));
    assert.deepEqual(drawSides(new Int32Array(0), [0.1], [0]), new Uint8Array(0));
  });

  it('leak where a group stands on several', () => {
    assert.equal(countLeaks(Int32Array.of(0, 0, 2, 2, 4, 4, 4), Uint8Array.of(0, 1, 1, 1, 2, 0, 1)), 2);
  });
});

function agreement(a: string, b: string): number {
  const [x, y] = [new Uint16Array(SIGNATURE), new Uint16Array(SIGNATURE)];
  sign(normalise(a), x);
  sign(normalise(b), y);
  return x.reduce((count, value, i) => count + (value === y[i] ? 1 : 0), 0) / SIGNATURE;
}

function jaccard(a: string, b: string): number {
  const shingles = (text: string): Set<string> =>
    new Set(Array.from({ length: text.length - 4 }, (_, i) => text.slice(i, i + 5)));
  const [x, y] = [shingles(a), shingles(b)];
  const common = [...x].filter((shingle) => y.has(shingle)).length;
  return common / (x.size + y.size - common);
}
