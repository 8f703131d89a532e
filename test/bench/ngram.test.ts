import assert from 'node:assert/strict';
import { NgramModel } from '../../bench/ngram';
import { createRandom } from '../../backend/base/random';

const begin = 0;
const vocabularySize = 12;
const order = 5;

/** Documents of a sticky source, each after the begin token; the last two tokens of the vocabulary never occur. */
function generate(seed: number, documents: number): number[] {
  const random = createRandom(seed);
  const stream: number[] = [];
  for (let d = 0; d < documents; d++) {
    stream.push(begin);
    const length = 1 + random.below(30);
    for (let t = 0; t < length; t++) {
      const last = stream.at(-1) ?? 0;
      stream.push(1 + (random.uniform() < 0.7 ? (3 * last + 1) % 9 : random.below(9)));
    }
  }
  return stream;
}

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

/** The same model, worked out with strings and straight from the definition. */
function reference(stream: readonly number[]): (history: readonly number[], token: number) => number {
  const counts = adjustedCounts(occurrences(stream));
  // The stream's first token has nothing before it.
  counts[0].set(String(stream[0]), (counts[0].get(String(stream[0])) ?? 0) + 1);
  const discounts = counts.map((level) => chenGoodman([...level.values()]));
  const probability = (context: readonly number[], token: number): number => {
    const n = context.length;
    const lower = n === 0 ? 1 / vocabularySize : probability(context.slice(1), token);
    const counted = Array.from(
      { length: vocabularySize },
      (_, last) => counts[n].get([...context, last].join(' ')) ?? 0,
    );
    const total = counted.reduce((sum, count) => sum + count, 0);
    if (total === 0) return lower;
    const discount = (count: number): number => (count === 0 ? 0 : discounts[n][Math.min(count, 3) - 1]);
    const freed = counted.reduce((sum, count) => sum + discount(count), 0);
    return (counted[token] - discount(counted[token]) + freed * lower) / total;
  };
  return (history, token) =>
    probability(history.slice(Math.max(history.lastIndexOf(begin), history.length - order + 1)), token);
}

/** How often each n-gram occurs that does not reach back over a begin token. */
function occurrences(stream: readonly number[]): Map<string, number> {
  const result = new Map<string, number>();
  let start = 0;
  stream.forEach((last, t) => {
    for (let n = 1; n <= order && t - n + 1 >= start; n++) {
      const gram = stream.slice(t - n + 1, t + 1).join(' ');
      result.set(gram, (result.get(gram) ?? 0) + 1);
    }
    if (last === begin) start = t;
  });
  return result;
}

/** By length less one: occurrences of the longest n-grams and of those that begin a document, else tokens met before. */
function adjustedCounts(occurred: ReadonlyMap<string, number>): Map<string, number>[] {
  const counts = Array.from({ length: order }, () => new Map<string, number>());
  for (const [gram, times] of occurred) {
    const tokens = gram.split(' ');
    const n = tokens.length - 1;
    if (n === 0) continue;
    if (n === order - 1 || tokens[0] === String(begin)) counts[n].set(gram, times);
    const shorter = tokens.slice(1).join(' ');
    counts[n - 1].set(shorter, (counts[n - 1].get(shorter) ?? 0) + 1);
  }
  return counts;
}

function chenGoodman(counts: readonly number[]): number[] {
  const [n1, n2, n3, n4] = [1, 2, 3, 4].map((count) => counts.filter((other) => other === count).length);
  const y = n1 / (n1 + 2 * n2);
  const discounts = [1 - (2 * y * n2) / n1, 2 - (3 * y * n3) / n2, 3 - (4 * y * n4) / n3];
  return discounts.every((discount, i) => discount >= 0 && discount <= i + 1) ? discounts : [0.5, 1, 1.5];
}

describe('NgramModel', () => {
  const stream = generate(1, 200);
  const model = NgramModel.train(stream, { order, vocabularySize, beginToken: begin });
  const histories = [
    [begin],
    ...[
      [begin, 11],
      [begin, 5, 11, 10],
      [begin, 1, 1, 1, 1, 1, 1],
    ],
    ...Array.from({ length: 200 }, (_, i) => {
      const unseen = generate(1000 + i, 1);
      return unseen.slice(0, 1 + (i % unseen.length));
    }),
  ];

  it('gives probabilities above zero that sum to one over the vocabulary', () => {
    for (const history of histories) {
      const probabilities = Array.from({ length: vocabularySize }, (_, token) => model.probability(history, token));
      assert.ok(probabilities.every((probability) => probability > 0));
      near(
        probabilities.reduce((sum, probability) => sum + probability, 0),
        1,
      );
    }
  });

  it('agrees with the definition', () => {
    const expected = reference(stream);
    for (const history of histories) {
      for (let token = 0; token < vocabularySize; token++) {
        near(model.probability(history, token), expected(history, token));
      }
    }
  });

  it('scores a sequence token by token', () => {
    const [sequence] = [generate(77, 1)];
    const expected = sequence.slice(1).map((token, t) => -Math.log(model.probability(sequence.slice(0, t + 1), token)));
    assert.deepEqual([...model.nats(sequence)], expected);
    assert.equal(model.nats([begin]).length, 0);
  });

  it('predicts what the source makes better than chance and better than with a shorter memory', () => {
    const fresh = generate(2, 1);
    const mean = (nats: Float64Array): number => nats.reduce((sum, value) => sum + value, 0) / nats.length;
    const unigram = NgramModel.train(stream, { order: 1, vocabularySize, beginToken: begin });
    assert.ok(mean(model.nats(fresh)) < mean(unigram.nats(fresh)));
    assert.ok(mean(model.nats(fresh)) < Math.log(vocabularySize));
  });

  it('copes with little text, where counts of counts do not tell the discounts', () => {
    const tiny = NgramModel.train([begin, 1], { order, vocabularySize, beginToken: begin });
    const sum = Array.from({ length: vocabularySize }, (_, token) => tiny.probability([begin, 1, 2], token));
    near(
      sum.reduce((a, b) => a + b),
      1,
    );
    assert.deepEqual(tiny.sizes, [2, 1, 0, 0, 0]);
  });
});
