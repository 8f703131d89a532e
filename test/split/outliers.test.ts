import assert from 'node:assert/strict';
import { findOutliers, modifiedScores } from '../../backend/split/describe/outliers';
import { posteriorsOf, sumOverTokens } from '../../backend/split/methods/em/posteriors';
import { LanguageModel } from '../../backend/model/language-model';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { score } from '../../backend/model/score';
import { createRandom } from '../../backend/base/random';
import { noises, noiseText } from '../../bench/noise-texts';
import { generatedCorpus } from '../support/corpus';

describe('documents that fit no pile', () => {
  it('stand far from the median in units of the usual distance, which outliers do not widen', () => {
    const scores = modifiedScores(Float64Array.of(1, 2, 3, 4, 5, 1000));
    assert.ok(Math.max(...scores.subarray(0, 5).map(Math.abs)) < 2);
    assert.ok(scores[5] > 100);
    assert.equal(modifiedScores(Float64Array.of(2, 2, 2, 2.05))[3].toFixed(3), '1.000', 'copies have no spread');
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
    const outliers = findOutliers(await score(model, documents), model.config.vocabularySize, {
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
