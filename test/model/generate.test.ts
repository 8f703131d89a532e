import assert from 'node:assert/strict';
import fc from 'fast-check';
import { generate, type GeneratedToken, type GenerationSettings, single } from '../../backend/model/decoding/generate';
import { Penalties, type PenaltySettings } from '../../backend/model/decoding/penalties';
import { logSoftmaxOf, mostProbable, sampleToken } from '../../backend/model/decoding/sampling';
import { createRandom } from '../../backend/base/random';

// Token 0 ends a text; the others are letters.
const letters = ['', 'a', 'b', 'c', 'd'];
const tokenizer = { endTokens: new Set([0]), bytesOf: (id: number): Uint8Array => Buffer.from(letters[id]) };

/** What comes of a model that says exactly these tokens and has positions for `room` more after the prompt. */
async function said(
  tokens: readonly number[],
  settings: Partial<GenerationSettings> = {},
  room = 100,
): Promise<GeneratedToken[]> {
  let read = 0;
  const speaker = {
    length: 0,
    get room(): number {
      return room - read + 1;
    },
    read: async () => {
      const logits = Float32Array.from(letters, (_, id) => (id === tokens[read] ? 5 : id === 4 ? 1 : 0));
      read++;
      return single({ logits, hidden: new Float32Array(0), rows: 1, T: 1 }, [0]);
    },
  };
  const all = { maxTokens: 100, stop: [], seed: 1, temperature: 0, topP: 1, ...settings };
  const result: GeneratedToken[] = [];
  for await (const token of generate(speaker, tokenizer, Int32Array.of(0), all)) result.push(token);
  return result;
}

const text = (tokens: readonly GeneratedToken[]): string => tokens.map((token) => token.text).join('');
const finishes = (tokens: readonly GeneratedToken[]): (string | undefined)[] => tokens.map(({ finish }) => finish);

describe('generation', () => {
  it('an end token ends a text, and lets go of what was held back for a stop text', async () => {
    const tokens = await said([1, 2, 3, 0], { stop: ['bcd'] });
    assert.equal(text(tokens), 'abc');
    assert.deepEqual(
      tokens.map((token) => token.text),
      ['a', '', '', 'bc'],
    );
    assert.deepEqual(finishes(tokens), [undefined, undefined, undefined, 'stop']);
    assert.deepEqual(finishes(await said([0])), ['stop']);
  });

  it('ends at a stop text, at the limit and where the positions end, and says why', async () => {
    assert.deepEqual(finishes(await said([1, 2, 3, 4], { stop: ['bc'] })), [undefined, undefined, 'stop']);
    assert.equal(text(await said([1, 2, 3, 4], { stop: ['bc'] })), 'a');
    const limited = await said([1, 2, 3, 4], { maxTokens: 2, stop: ['bc'] });
    assert.deepEqual([text(limited), finishes(limited)], ['ab', [undefined, 'length']]);
    const full = await said([1, 2, 3, 4], {}, 2);
    assert.deepEqual([text(full), finishes(full)], ['abc', [undefined, undefined, 'length']]);
  });

  it('tells log-probabilities as they were before temperature, with the most probable alternatives', async () => {
    const [token] = await said([2], { maxTokens: 1, temperature: 3, topP: 0.1, alternatives: 2 });
    const expected = logSoftmaxOf([0, 0, 5, 0, 1], 0, 5);
    assert.equal(token.logProbability, expected[2]);
    assert.deepEqual(token.alternatives, [
      { text: 'b', logProbability: expected[2] },
      { text: 'd', logProbability: expected[4] },
    ]);
  });
});

describe('sampling', () => {
  const distribution = fc
    .array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 40 })
    .map((logits) => logSoftmaxOf(logits, 0, logits.length));

  it('the most probable tokens are those that sorting all would put first', () => {
    fc.assert(
      fc.property(distribution, fc.integer({ min: 0, max: 8 }), (values, count) => {
        const sorted = Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
        assert.deepEqual(mostProbable(values, count), sorted.slice(0, count));
      }),
    );
  });

  it('draws from the nucleus alone, and from all of it', () => {
    const values = Float64Array.of(0.1, 0.4, 0.2, 0.3).map(Math.log);
    const drawn = (topP: number): number[] => {
      const random = createRandom(1);
      const found = Array.from({ length: 300 }, () => sampleToken(values, { temperature: 1, topP }, random));
      return [...new Set(found)].sort();
    };
    assert.deepEqual(drawn(0.3), [1]);
    assert.deepEqual(drawn(0.65), [1, 3]);
    assert.deepEqual(drawn(0.85), [1, 2, 3]);
    assert.deepEqual(drawn(1), [0, 1, 2, 3]);
  });

  it('top-k and min-p leave the most probable tokens, and the nucleus is one of these', () => {
    const values = Float64Array.of(0.1, 0.4, 0.2, 0.3).map(Math.log);
    const drawn = (settings: object): number[] => {
      const random = createRandom(1);
      const all = { temperature: 1, topP: 1, ...settings };
      const found = Array.from({ length: 300 }, () => sampleToken(values, all, random));
      return [...new Set(found)].sort();
    };
    assert.deepEqual(drawn({ topK: 1 }), [1]);
    assert.deepEqual(drawn({ topK: 2 }), [1, 3]);
    assert.deepEqual(drawn({ topK: 9 }), [0, 1, 2, 3]);
    assert.deepEqual(drawn({ minP: 0.6 }), [1, 3]);
    assert.deepEqual(drawn({ minP: 0.6, topK: 3, topP: 0.95 }), [1, 3]);
    assert.deepEqual(drawn({ minP: 1 }), [1]);
    assert.deepEqual(drawn({ topP: 0 }), [1]);
    // 0.4 of 0.7 are enough of the two that are left, and not of all.
    assert.deepEqual(drawn({ topK: 2, topP: 0.5 }), [1]);
    assert.deepEqual(drawn({ topP: 0.5 }), [1, 3]);
  });

  it('penalties change logits by what the answer has, and by the prompt where that is meant', () => {
    const logits = [2, -1, 1, 0.5];
    const values = logSoftmaxOf(logits, 0, 4);
    const after = (settings: PenaltySettings): number[] => {
      const penalties = new Penalties(settings, [0]);
      for (const token of [1, 1, 2]) penalties.add(token);
      const normalizer = logits[0] - values[0];
      return [...penalties.on(values, normalizer)].map((value) => Number((value + normalizer).toFixed(9)));
    };
    assert.deepEqual(after({}), logits);
    assert.deepEqual(after({ presencePenalty: 0.5 }), [2, -1.5, 0.5, 0.5]);
    assert.deepEqual(after({ frequencyPenalty: 0.5 }), [2, -2, 0.5, 0.5]);
    assert.deepEqual(after({ repetitionPenalty: 2 }), [1, -2, 0.5, 0.5]);
  });

  it('a broken model is named, not drawn from', () => {
    const broken = logSoftmaxOf([1, Number.NaN], 0, 2);
    assert.throws(() => sampleToken(broken, { temperature: 1, topP: 1 }, createRandom(1)), /no numbers/);
  });
});
