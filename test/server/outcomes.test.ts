import assert from 'node:assert/strict';
import { outcomesOf } from '../../backend/server/outcomes';
import { exampleClustering, exampleEvaluation, exampleExperts, exampleMixer, fill, Workshop } from '../store/support';
import { perplexityExample } from '../webview/example-tables';

describe('outcomes of runs', () => {
  const workshop = new Workshop();
  before(() => workshop.begin());
  after(() => workshop.end());

  it('are the figures of what was made; what is gone, or has none, is left out', async () => {
    const store = await workshop.open();
    await fill(store);
    const [expert] = exampleExperts().experts;
    const measured = [2, 4].map((loss, i) => ({ ...expert, letter: 'AB'[i], validation: { loss, base: 5 } }));
    await store.experts.add(exampleExperts({ experts: measured }));
    await store.mixers.add(exampleMixer, {});
    await store.evaluations.add({ ...exampleEvaluation, kind: 'perplexity', result: perplexityExample });
    const { quality } = exampleClustering();
    const made = [
      'split-example',
      'experts-example',
      'mixer-example',
      exampleEvaluation.id,
      'data-example',
      'eval-gone0',
    ];
    assert.deepEqual(await outcomesOf(store, made), [
      {
        made: 'split-example',
        figures: Object.fromEntries(Object.entries(quality).filter(([name]) => name === 'nmi' || name === 'purity')),
      },
      { made: 'experts-example', figures: { validationLoss: 3 } },
      { made: 'mixer-example', figures: { validationLoss: exampleMixer.validationNll } },
      { made: exampleEvaluation.id, figures: { perplexity: perplexityExample.systems.at(-1)?.macro } },
    ]);
  });
});
