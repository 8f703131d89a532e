import assert from 'node:assert/strict';
import { splitHere } from '../../backend/split/computing';
import { hiddenFeatures } from '../../backend/split/features/hidden-features';
import { cosine } from '../../backend/split/methods/guided/units';
import { rowOf } from '../../backend/split/features/dense';
import { LanguageModel } from '../../backend/model/language-model';
import type { Watch } from '../../backend/base/progress';
import { generatedCorpus } from '../support/corpus';

describe('documents as the base model sees them', () => {
  const watch: Watch = { report: () => undefined, signal: new AbortController().signal };
  const documents = generatedCorpus(24)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { text: string; domain: string });

  it('are nearer to those of their own domain, whatever stands beside them in a batch', async () => {
    const model = await LanguageModel.open('models/polymath-base');
    const read = (sequences: readonly Int32Array[]): Promise<Float64Array> =>
      splitHere(model).meanStates(sequences, watch);
    const tokens = documents.map(({ text }) => model.tokenizer.encode(text));
    const rows = await hiddenFeatures([...tokens, tokens[0].slice(0, 1)], read);
    assert.deepEqual([rows.count, rows.width], [25, model.config.hiddenSize]);
    assert.ok(rowOf(rows, 24).every(Number.isFinite));
    const means = { own: [0, 0], other: [0, 0] };
    documents.forEach((a, i) =>
      documents.slice(0, i).forEach((b, j) => {
        const side = a.domain === b.domain ? means.own : means.other;
        side[0] += cosine(rowOf(rows, i), rowOf(rows, j));
        side[1]++;
      }),
    );
    assert.ok(means.own[0] / means.own[1] > means.other[0] / means.other[1] + 0.3, JSON.stringify(means));
    const [again] = [
      await hiddenFeatures([tokens[3], ...tokens.slice(0, 3), ...tokens.slice(4), tokens[0].slice(0, 1)], read),
    ];
    assert.ok(cosine(rowOf(again, 0), rowOf(rows, 3)) > 0.9999);
    await model.dispose();
  });
});
