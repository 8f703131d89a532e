import assert from 'node:assert/strict';
import { goldPiles } from '../../backend/split/methods/gold/gold';
import { kmeansByWords } from '../../backend/split/methods/kmeans/kmeans';
import { bestPiles } from '../../backend/split/methods/kmeans/lloyd';
import { randomPiles } from '../../backend/split/methods/random/random';
import { unigramByWords, type UnigramPiles } from '../../backend/split/methods/unigram/unigram';
import { balanceOf, contingency, qualityOf } from '../../backend/split/describe/quality';
import { summarisePiles } from '../../backend/split/describe/piles';
import { characteristicTerms, pileName } from '../../backend/split/describe/terms';
import { buildVocabulary, countWords } from '../../backend/split/features/word-counts';
import { UserError } from '../../backend/base/errors';
import { generatedTexts } from './generated';

const K = 5;
const train = generatedTexts(K, 40, 1);
const unseen = generatedTexts(K, 10, 2);
const nmi = (assignments: Int32Array, gold: readonly string[]): number =>
  qualityOf(contingency(assignments, gold, K)).nmi;

describe('k-means', () => {
  it('finds the topics of generated texts, and of unseen ones', async () => {
    const { assignments, predict } = await kmeansByWords(train.texts, { k: K, seed: 0 });
    assert(nmi(assignments, train.gold) > 0.95);
    assert(nmi(predict(unseen.texts), unseen.gold) > 0.95);
    assert.deepEqual(
      (await kmeansByWords(train.texts, { k: K, seed: 0 })).assignments,
      assignments,
      'the same seed gives the same piles',
    );
  });

  it('keeps to the capacity of its piles', async () => {
    const { assignments } = await kmeansByWords(train.texts, { k: K, seed: 0, capacity: 1 });
    const { maxOverMin, sizes } = balanceOf(assignments, K);
    assert(maxOverMin < 1.1, sizes.join(' '));
  });

  it('copes with fewer different texts than piles, and refuses fewer texts than piles', async () => {
    const texts = Array.from({ length: 12 }, (_, i) => (i % 2 ? 'red green' : 'blue white'));
    assert.equal((await kmeansByWords(texts, { k: 4, seed: 0 })).assignments.length, 12);
    await assert.rejects(kmeansByWords(texts.slice(0, 4), { k: 5, seed: 0 }), UserError);
    await assert.rejects(kmeansByWords(['lonely', 'words'], { k: 2, seed: 0 }), UserError);
  });
});

describe('mixture of unigrams', () => {
  let fit: UnigramPiles;
  before(async () => (fit = await unigramByWords(train.texts, { k: K, seed: 0 })));

  it('finds the topics of generated texts, and of unseen ones', async () => {
    assert(nmi(fit.assignments, train.gold) > 0.95);
    assert(nmi(bestPiles(fit.predict(unseen.texts), K), unseen.gold) > 0.95);
    const again = await unigramByWords(train.texts, { k: K, seed: 0 });
    assert.deepEqual(again.posteriors, fit.posteriors);
  });

  it('returns posteriors that sum to 1 and agree with the piles, and figures for each round', () => {
    const { posteriors, assignments, rounds } = fit;
    for (let row = 0; row < train.texts.length; row++) {
      const sum = posteriors.subarray(row * K, row * K + K).reduce((total, p) => total + p, 0);
      assert(Math.abs(sum - 1) < 1e-5);
    }
    assert.deepEqual(bestPiles(posteriors, K), assignments);
    const last = rounds.at(-1);
    assert(
      last && last.churn === 0 && last.dead === 0 && Math.abs((last.logLikelihood ?? 0) - fit.logLikelihood) < 1e-9,
    );
  });

  it('keeps the start with the highest likelihood', async () => {
    const single = await unigramByWords(train.texts, { k: K, seed: 3, restarts: 1 });
    const best = await unigramByWords(train.texts, { k: K, seed: 3, restarts: 4 });
    assert(best.logLikelihood >= single.logLikelihood);
  });

  it('stops between rounds when it is told to', async () => {
    const stop = new AbortController();
    const report = (): void => stop.abort(new Error('stopped'));
    const fitting = unigramByWords(train.texts, {
      k: K,
      seed: 0,
      restarts: 1000,
      watch: { report, signal: stop.signal },
    });
    await assert.rejects(fitting, /stopped/);
  });

  it('judges a text without known words by the sizes of the piles', () => {
    const [largest] = bestPiles(fit.predict(['unheard of']), K);
    const { sizes } = balanceOf(fit.assignments, K);
    assert.equal(sizes[largest], Math.max(...sizes));
  });
});

describe('controls', () => {
  it('split at random into equal piles, by seed', () => {
    const assignments = randomPiles(103, 4, 1);
    assert.deepEqual([...balanceOf(assignments, 4).sizes].sort(), [25, 26, 26, 26]);
    assert.notDeepEqual(randomPiles(103, 4, 2), assignments);
  });

  it('split by gold labels, or say which document has none', () => {
    const document = { id: 'd1', text: 't' };
    const { assignments, names } = goldPiles([
      { ...document, domain: 'law' },
      { ...document, domain: 'art' },
    ]);
    assert.deepEqual(
      [names, [...assignments]],
      [
        ['art', 'law'],
        [1, 0],
      ],
    );
    assert.throws(() => goldPiles([document]), /Document d1 has no domain/);
  });
});

const namesOf = (texts: readonly string[], assignments: Int32Array): string[] =>
  summarisePiles(
    texts.map((text, i) => ({ id: String(i), text, bytes: text.length, tokens: new Int32Array(0) })),
    { assignments, k: Math.max(...assignments) + 1 },
  ).map(({ name }) => name);

describe('names of piles', () => {
  it('are words of their topic', () => {
    const vocabulary = buildVocabulary(train.texts);
    const piles = Int32Array.from(train.gold, (topic) => [...new Set(train.gold)].sort().indexOf(topic));
    const terms = characteristicTerms(countWords(train.texts, vocabulary), vocabulary, piles, K, 5);
    terms.forEach((list, pile) => {
      assert(
        list.every(({ word }) => word.startsWith(`topica${'abcde'[pile]}`)),
        pileName(list),
      );
      assert(list.every(({ share, elsewhere }) => share > 2 * elsewhere));
    });
  });

  it('go by the documents that have a word: what one of them repeats names no pile', () => {
    const texts = Array.from(
      { length: 40 },
      (_, i) => `the ${['court ruled', 'river rose'][i % 2]} on day number ${i}`,
    );
    const piles = Int32Array.from(texts, (_, i) => i % 2);
    texts[0] += ' tonnes carloads'.repeat(500);
    texts[2] += ' tonnes carloads';
    assert.deepEqual(namesOf(texts, piles), ['court, ruled, carloads', 'river, rose']);
  });

  it('are content words: no markup, no function words, no contractions', () => {
    const talk = 'I’m sure you can hear the music tonight, can’t you?';
    const page =
      '<p class="note">The &quot;agreement&quot; of the parties&nbsp;holds quot; see https://example.org/terms</p>';
    const story = 'You see the garden of the house when you can.';
    const list = 'The total of the numbers you add is a sum.';
    const texts = Array.from({ length: 80 }, (_, i) => [talk, page, story, list][i % 4]);
    const names = namesOf(
      texts,
      Int32Array.from(texts, (_, i) => i % 4),
    );
    for (const [i, word] of ['music', 'agreement', 'garden', 'numbers'].entries()) {
      assert.match(names[i], new RegExp(word), names.join('; '));
      assert.doesNotMatch(names[i], /’|\b(you|the|can|quot|note|class|nbsp|org|https)\b/);
    }
  });

  it('are content words in other languages too, whether there is a list of their function words or not', () => {
    const german = [
      'Ich habe dir doch die Fahrkarten für den Zug gegeben',
      'Der Mieter zahlt die Miete an den Vermieter',
    ];
    const finnish = ['koira ja kissa ovat talossa mutta ne nukkuvat', 'juna ja bussi ovat asemalla mutta ne odottavat'];
    const named = [german, finnish].flatMap((pair) => {
      const texts = Array.from({ length: 80 }, (_, i) => pair[i % 2]);
      return namesOf(
        texts,
        Int32Array.from(texts, (_, i) => i % 2),
      );
    });
    assert.doesNotMatch(named.join(' '), /(^| )(ich|dir|doch|die|der|an|ja|ovat|mutta|ne)\b/);
    assert.match(named.join(' '), /fahrkarten.*miete.*kissa.*juna/);
  });

  it('hold no word twice, in two of its forms', () => {
    const terms = ['poem', 'poems', 'literary', 'literature', 'ap', 'reader', 'verse'].map((word) => ({ word }));
    assert.equal(pileName(terms), 'poem, literary, reader');
  });
});
