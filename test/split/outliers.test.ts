import assert from 'node:assert/strict';
import { findOutliers } from '../../backend/split/describe/outliers';
import { modifiedScores, populationsOf } from '../../backend/split/describe/populations';
import { withoutOrder } from '../../backend/split/describe/word-order';
import { posteriorsOf, sumOverTokens } from '../../backend/split/methods/em/posteriors';
import { LanguageModel } from '../../backend/model/language-model';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { score } from '../../backend/model/score';
import { createRandom } from '../../backend/base/random';
import { noises, noiseText } from '../../bench/noise-texts';
import { generatedCorpus } from '../support/corpus';

describe('documents that fit no pile', () => {
  it('stand far from the median in units of the usual distance, which outliers do not widen', () => {
    const scoresOf = (...values: number[]): Float64Array =>
      modifiedScores(Float64Array.from(values), populationsOf(new Int32Array(values.length), 1), 0.05);
    const scores = scoresOf(1, 2, 3, 4, 5, 1000);
    assert.ok(Math.max(...scores.subarray(0, 5).map(Math.abs)) < 2);
    assert.ok(scores[5] > 100);
    assert.equal(scoresOf(2, 2, 2, 2.05)[3].toFixed(3), '1.000', 'copies have no spread');
  });

  it('are compared with their pile, or with the whole corpus where that is too small to tell what is usual', () => {
    const assignments = Int32Array.from({ length: 1000 }, (_, d) => (d < 30 ? 0 : d < 500 ? 1 : 2));
    const values = Float64Array.from(assignments, (pile, d) => [9, 0, 1][pile] + (d % 7) / 10);
    const scores = modifiedScores(values, populationsOf(assignments, 3), 0.05);
    assert.ok(scores.subarray(0, 30).every((score) => score > 3.5));
    assert.ok(scores.subarray(30).every((score) => Math.abs(score) < 3.5));
  });

  it('are texts whose words stand in no order, where order says something in their pile', () => {
    const random = createRandom(4);
    const normal = (mean: number, deviation: number): number =>
      mean + deviation * Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
    const ordered = Float64Array.from({ length: 300 }, (_, d) => (d < 10 ? normal(0, 1) : normal(7, 2)));
    const piles = populationsOf(new Int32Array(300), 1);
    const told = [...withoutOrder(ordered, piles).entries()].filter(([, p]) => p > 0.5).map(([d]) => d);
    assert.ok(told.filter((d) => d < 10).length >= 8, String(told));
    assert.ok(told.filter((d) => d >= 10).length <= 3, String(told));
    const lists = ordered.map(() => normal(0, 1));
    lists[0] = NaN;
    assert.ok(withoutOrder(lists, piles).every((p) => p <= 0.5));
  });

  it('are the tables, the boilerplate and the foreign texts among plain ones, and flat posteriors', async () => {
    const model = await LanguageModel.open('models/polymath-base');
    const random = createRandom(3);
    const rows = generatedCorpus(120).trim().split('\n');
    const plain = rows.map((row) => (JSON.parse(row) as { text: string }).text);
    const planted = noises.flatMap((noise) => [0, 1, 2].map((i) => noiseText(noise, plain[i], random)));
    const documents = [...plain, ...planted].map((text) => model.tokenizer.encode(text).subarray(0, 65));
    const experts = createAdapters(model.config, defaultLora, { count: 2, seed: 1 });
    const losses = sumOverTokens(await score(model, documents, experts), 2);
    const certain = posteriorsOf(
      losses.map((nats, i) => nats + 9 * (i % 2)),
      2,
      new Float64Array(documents.length).fill(1),
    );
    certain.fill(0.5, 0, 2);
    const assignments = new Int32Array(documents.length);
    const outliers = await findOutliers(model.tokenizer, (sequences) => score(model, sequences), {
      documents,
      losses,
      posteriors: certain,
      assignments,
    });
    await model.dispose();
    const found = (noise: (typeof noises)[number]): number => {
      const from = plain.length + 3 * noises.indexOf(noise);
      return outliers.filter((row) => row >= from && row < from + 3).length;
    };
    assert.deepEqual([found('empty table'), found('boilerplate'), found('foreign text')], [3, 3, 3]);
    assert.ok(outliers.includes(0), 'its posterior is flat');
    const own = outliers.filter((row) => row < plain.length).length;
    assert.ok(own <= 0.05 * plain.length, `${own} of ${plain.length} plain ones`);
  });
});
