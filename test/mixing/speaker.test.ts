import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { createRandom } from '../../backend/base/random';
import { columnsOf } from '../../backend/mixing/base-column';
import { butTheLeast, oneDrawn } from '../../backend/mixing/choice';
import { mixtureCombine } from '../../backend/mixing/decode';
import { type Drawing, mixtureSpeaker } from '../../backend/mixing/speaker';
import type { FittedWeighting, TokenNeeds, WeightReader } from '../../backend/mixing/weighting';
import { type AdapterStack, createAdapters } from '../../backend/model/adapters/adapter';
import { Decoder } from '../../backend/model/decoding/decoder';
import { generate, type GeneratedToken, type Speaker, speakerOf } from '../../backend/model/decoding/generate';
import { logSoftmaxOf } from '../../backend/model/decoding/sampling';
import { LanguageModel } from '../../backend/model/language-model';
import { fixtureFolder } from '../support/fixtures';

const k = 3;
const shares = [0.6, 0.3, 0.1];
const prompt = Int32Array.of(1, 5, 9);
const all: Drawing = { sampling: 'mixture', skip: 0, seed: 1 };

function weighting(start: () => WeightReader, needs: TokenNeeds = {}): FittedWeighting {
  return { k, needs, memory: 'text', figures: {}, start, toJson: () => ({}) };
}
const alone = (expert: number): Float64Array => Float64Array.from(shares, (_, e) => (e === expert ? 0 : -Infinity));

describe('experts that write together', () => {
  let model: LanguageModel;
  let stack: AdapterStack;

  before(async () => {
    model = await LanguageModel.open(join(fixtureFolder, 'tiny-llama'), { threads: 1 });
    stack = createAdapters(model.config, { rank: 2, alpha: 4, targets: 'all-linear' }, { count: k, seed: 3 });
    const random = createRandom(4);
    for (const { name } of stack.parameters.places) {
      stack.parameters.view(name).forEach((_, i, numbers) => (numbers[i] = random.normal()));
    }
  });

  after(() => model.dispose());

  async function written(mixer: FittedWeighting, drawing: Drawing, maxTokens: number): Promise<GeneratedToken[]> {
    const speaker = await mixtureSpeaker(mixer, { model, stack: columnsOf(stack, mixer) }, drawing);
    return writtenBy(speaker, drawing, maxTokens);
  }

  async function writtenBy(
    speaker: Speaker,
    { seed }: Pick<Drawing, 'seed'>,
    maxTokens: number,
  ): Promise<GeneratedToken[]> {
    const coder = { endTokens: new Set<number>(), bytesOf: (id: number) => model.tokenizer.bytesOf(id) };
    const settings = { maxTokens, stop: [], temperature: 1, topP: 1, seed };
    const tokens: GeneratedToken[] = [];
    for await (const token of generate(speaker, coder, prompt, settings)) tokens.push(token);
    speaker.dispose();
    return tokens;
  }

  /** Probabilities [V] after a text, of experts that all read it. */
  async function mixed(text: readonly number[], weights: readonly number[] = shares): Promise<Float64Array> {
    const decoder = await Decoder.create(model, stack);
    const mixer = weighting(() => () => Float64Array.from(weights, Math.log));
    const speaker = speakerOf(decoder, mixtureCombine(mixer, model, stack));
    const { logProbabilities } = (await speaker.read(text))(0);
    speaker.dispose();
    return logProbabilities.map(Math.exp);
  }

  const fixed = (): WeightReader => () => Float64Array.from(shares, Math.log);
  const needs = { hidden: { size: 16, opinion: () => 0 } };
  for (const [how, mixer] of [
    ['read in turn', weighting(fixed)],
    ['read together', weighting(fixed, needs)],
  ] as const) {
    it(`the expert drawn first: tokens have the distribution of the mixture, where experts ${how}`, async () => {
      const first = await mixed([...prompt]);
      const second = new Float64Array(first.length);
      for (const [token, p] of first.entries()) {
        (await mixed([...prompt, token])).forEach((q, other) => (second[other] += p * q));
      }
      const draws = 1500;
      const counts = [0, 1].map(() => new Float64Array(first.length));
      for (let seed = 0; seed < draws; seed++) {
        const tokens = await written(mixer, { sampling: 'expert-first', skip: 0, seed }, 2);
        tokens.forEach(({ id, weights }, at) => {
          counts[at][id]++;
          weights.forEach((weight, e) => assert.ok(Math.abs(weight - shares[e]) < 1e-9));
        });
      }
      // Of 36 degrees of freedom: mean 36, standard deviation 8.5.
      const distance = (found: Float64Array, p: Float64Array): number =>
        found.reduce((sum, count, token) => sum + (count - draws * p[token]) ** 2 / (draws * p[token]), 0);
      assert.ok(distance(counts[0], first) < 70, `${distance(counts[0], first)}`);
      assert.ok(distance(counts[1], second) < 70, `${distance(counts[1], second)}`);
      // It tells the mixture from other weights of the same experts.
      const other = distance(counts[0], await mixed([...prompt], [1, 0, 0]));
      assert.ok(other > 140, `${other}`);
    }).timeout(300_000);
  }

  it('the same seed gives the same text, other seeds other ones', async () => {
    const idsOf = async (seed: number): Promise<number[]> =>
      (await written(weighting(fixed), { sampling: 'expert-first', skip: 0, seed }, 12)).map(({ id }) => id);
    assert.deepEqual(await idsOf(7), await idsOf(7));
    assert.notDeepEqual(await idsOf(7), await idsOf(8));
  });

  it('where the base model is probed it reads beside those who are drawn alone, and they write what they would if all had read', async () => {
    const size = model.config.hiddenSize;
    const mixer: FittedWeighting = {
      ...weighting(
        () =>
          ({ opinions }) =>
            logSoftmaxOf(opinions, 0, k),
        { hidden: { size, opinion: (states, from, expert) => states[from + expert] } },
      ),
      base: 'probed',
    };
    const [seed, maxTokens] = [5, 12];
    const columns = columnsOf(stack, mixer);
    const combine = mixtureCombine(mixer, model, columns, oneDrawn(createRandom(seed, 1)));
    const together = speakerOf(await Decoder.create(model, columns), combine);
    const expected = await writtenBy(together, { seed }, maxTokens);
    const found = await written(mixer, { sampling: 'expert-first', skip: 0, seed }, maxTokens);
    assert.deepEqual(
      found.map(({ id }) => id),
      expected.map(({ id }) => id),
    );
    found.forEach(({ weights }, t) =>
      weights.forEach((weight, e) => assert.ok(Math.abs(weight - expected[t].weights[e]) < 1e-5)),
    );
    assert.ok(new Set(found.map(({ weights }) => weights.indexOf(Math.max(...weights)))).size > 1);

    // Nobody but the first ever speaks: the base model reads the prompt, then both read it and all tokens but the last.
    const before = model.counted.scored;
    await written({ ...mixer, start: () => () => alone(0) }, { sampling: 'expert-first', skip: 0, seed }, maxTokens);
    assert.equal(model.counted.scored - before, prompt.length + 2 * (prompt.length + maxTokens - 1));
  });

  it('who was silent makes up for what it missed, and says what it would have said', async () => {
    // The experts speak in turn, one of them not for long.
    const turns = [0, 0, 1, 0, 2, 1, 1, 0, 2, 2];
    const mixer = weighting(() => {
      let read = 0;
      return () => alone(turns[read++ % turns.length]);
    });
    const text = Int32Array.of(1, 5, 9, 20, 3, 7, 33, 2, 11, 4);
    const inTurn = await mixtureSpeaker(mixer, { model, stack }, { ...all, skip: 0.1 });
    const together = await mixtureSpeaker(mixer, { model, stack }, all);
    for (const [from, to, each] of [
      [0, 2, false],
      [2, 3, false],
      [3, 4, false],
      [4, 6, true],
      [6, 9, false],
      [9, 10, false],
    ] as const) {
      const piece = text.subarray(from, to);
      const [found, expected] = [await inTurn.read(piece, { each }), await together.read(piece, { each })];
      for (let row = 0; row < (each ? to - from : 1); row++) {
        const [own, other] = [found(row), expected(row)];
        own.logProbabilities.forEach((p, id) => assert.ok(Math.abs(p - other.logProbabilities[id]) < 1e-4));
        assert.deepEqual(own.weights, other.weights);
      }
      assert.equal(inTurn.length, to);
      assert.equal(inTurn.room, model.config.maxPositions - to);
    }
    await assert.rejects(inTurn.read(new Int32Array(100)), RangeError);
    inTurn.dispose();
    together.dispose();
  });

  it('leaving out the least weights costs no more than is said', () => {
    const weights = fc.array(fc.double({ min: 1e-6, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 });
    const table = fc.array(fc.array(fc.double({ min: 1e-9, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }), {
      minLength: 6,
      maxLength: 6,
    });
    const share = (values: readonly number[]): number[] => {
      const sum = values.reduce((a, b) => a + b);
      return values.map((value) => value / sum);
    };
    fc.assert(
      fc.property(weights, table, fc.double({ min: 0, max: 0.5, noNaN: true }), (given, rows, epsilon) => {
        const before = share(given);
        const after = butTheLeast(epsilon)(Float64Array.from(before, Math.log)).map(Math.exp);
        assert.ok(Math.abs(after.reduce((a, b) => a + b) - 1) < 1e-9);
        const mix = (by: ArrayLike<number>): number[] =>
          rows[0].map((_, token) => before.reduce((sum, _weight, e) => sum + by[e] * share(rows[e])[token], 0));
        const [whole, some] = [mix(before), mix(after)];
        const variation = whole.reduce((sum, p, token) => sum + Math.abs(p - some[token]) / 2, 0);
        const divergence = some.reduce((sum, q, token) => sum + q * Math.log(q / whole[token]), 0);
        assert.ok(variation <= epsilon + 1e-9, `${variation}`);
        assert.ok(divergence <= -Math.log(1 - epsilon) + 1e-9, `${divergence}`);
        // Nobody more could be left out.
        const spoken = before.filter((_, e) => after[e] > 0);
        const silent = 1 - spoken.reduce((a, b) => a + b);
        assert.ok(spoken.length === 1 || silent + Math.min(...spoken) > epsilon - 1e-9);
      }),
    );
  });

  it('one compiled graph serves all experts that read in turn, answer after answer, and no cache of those who never speak is made', async () => {
    const compiled = new Set<string>();
    const session = model.session.bind(model);
    model.session = (key, make) => {
      compiled.add(key);
      return session(key, make);
    };
    for (let seed = 0; seed < 5; seed++) {
      await written(weighting(fixed), { sampling: 'expert-first', skip: 0, seed }, 8);
    }
    model.session = session;
    assert.equal(compiled.size, 1);
  });
});
