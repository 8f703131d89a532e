import assert from 'node:assert/strict';
import { splitReport } from '../../backend/server/split-report';
import { splitMethods } from '../../backend/split/methods/settings';
import { splitRecord, type SplitRecord } from '../../backend/protocol/records';

const split: SplitRecord = splitRecord.parse({
  id: 'split-0000001',
  name: 'Plain | rule\n# no heading',
  created: '2026-01-01T00:00:00.000Z',
  dataset: 'data-0000001',
  method: 'em',
  k: 3,
  seed: 1,
  documents: 100,
  seconds: 12,
  settings: { beta: 'literal', block: 16 },
  quality: { nmi: 0.02, balance: 0.5, dead: 1, perplexity: 70.5, randomPerplexity: 70.1 },
  outliers: 4,
  rounds: [50, 100].map((judged) => ({
    round: 1,
    judged,
    entropy: 1.08,
    churn: judged / 200,
    shares: [0.1, 0.9, 0],
    dead: 1,
    validationLoss: 4 - judged / 100,
  })),
  piles: [10, 90, 0].map((size, pile) => ({ pile, name: `Pile ${pile}`, size, terms: size > 0 ? ['word'] : [] })),
});

describe('the report of a split', () => {
  it('says what became of a rule that decides nothing', () => {
    const text = splitReport(split, splitMethods);
    assert.match(text, /hardly decided: on average 1\.08 of at most 1\.10 nats/);
    assert.match(text, /Pile B swallowed the others: it holds 90\.0 % of the documents/);
    assert.match(text, /Pile C is empty.* Ask for 2 piles/);
    assert.match(text, /no better than those of random piles: perplexity 70\.50 against 70\.10/);
    assert.match(text, /from 3\.500 to 3\.000 nats per token/);
    assert.match(text, /\| 1, after 50 +\| 25\.0 % \| 98\.3 % +\| 90\.0 %/);
  });

  it('tells settings and figures by the names that people know', () => {
    const settings = { beta: 'literal', tokensPerRound: 24000, learningRate: 0.00512345, literal: true };
    const text = splitReport({ ...split, settings }, splitMethods);
    const told = text
      .split('\n')
      .filter((line) => line.startsWith('- '))
      .slice(0, 4);
    assert.deepEqual(told, [
      '- Weight of the Evidence (β): inversely to the perplexity',
      '- Tokens per Round: 24,000',
      '- learning rate: 0.005123',
      '- Plain Rule: yes',
    ]);
    assert.match(text, /^\| NMI against gold domains +\| 0\.020 +\|$/m);
    assert.match(text, /^\| perplexity of experts of random piles \| 70\.100 \|$/m);
  });

  it('takes the words of a corpus and of people as text', () => {
    const lines = splitReport(split, splitMethods).split('\n');
    assert.equal(lines[0], '# Split “Plain ∣ rule # no heading”');
    assert.ok(!lines.includes('# no heading'));
  });

  it('leaves out what a method does not tell', () => {
    const { quality } = split;
    const text = splitReport(
      { ...split, method: 'random', rounds: [], outliers: 0, quality: { dead: quality.dead } },
      splitMethods,
    );
    assert.ok(!text.includes('## Rounds') && !text.includes('nats'), text);
  });

  it('names the method with what it compared, and tells what a guide did', () => {
    const compared = { tfidf: undefined, hidden: 'hidden', sentence: 'sentence' };
    const labels = Object.values(compared).map((embedding) => {
      const settings = { dimensions: 100, ...(embedding && { embedding }) };
      return /^K-means, [^:]+/m.exec(splitReport({ ...split, method: 'kmeans', settings }, splitMethods))?.[0];
    });
    assert.deepEqual(labels, ['K-means, tf-idf', 'K-means, hidden states', 'K-means, sentence vectors']);
    const settings = { guide: 'likelihood', queries: 12, unions: 9, byNearness: 2, ended: 'budget' };
    const guided = splitReport({ ...split, method: 'llm', settings }, splitMethods);
    assert.match(guided, /^Guided by a language model: 100 documents/m);
    assert.match(guided, /answered 12 questions: 7 unions by it, 2 by nearness\.\n- Its budget was spent/);
    const unigram = splitReport({ ...split, method: 'unigram' }, splitMethods);
    assert.match(unigram, /from 3\.500 to 3\.000 nats per word/);
    assert.match(splitReport({ ...split, method: 'of-tomorrow' }, splitMethods), /^of-tomorrow: 100 documents/m);
  });
});
