import assert from 'node:assert/strict';
import { join } from 'node:path';
import { remarksOn } from '../../extension/runs/remarks';
import { openProject, type TestProject } from '../support/project';

describe('what is said of that which a run made', () => {
  let project: TestProject;

  before(async () => {
    project = await openProject();
  });
  after(() => project.remove());

  it('names the piles that are empty, and nothing where all have documents', async () => {
    const { backend } = project;
    const corpus = await project.run({ kind: 'import', source: join(project.root, 'corpus.jsonl') });
    assert.deepEqual(await remarksOn(corpus, backend), []);
    const split = await project.run({ kind: 'split', dataset: corpus.result ?? '', method: 'unigram', k: 2 });
    assert.deepEqual(await remarksOn(split, backend), []);
    await backend.call('piles/merge', { clustering: split.result ?? '', pile: 1, into: 0 });
    assert.match((await remarksOn(split, backend)).join(), /^Pile B was emptied by hand: no expert is trained of it\./);
  });

  it('names the experts that became worse than the base model', async () => {
    const { backend } = project;
    const [{ id: clustering }] = (await backend.call('splits/list', {})).items;
    // One step, so that it goes too far without a next step at which that would be called divergence.
    const settings = { tokens: 300, rank: 2, learningRate: 0.5 };
    const run = await project.run({ kind: 'train', clustering, ...settings });
    assert.equal(run.state, 'done', run.failure?.message);
    assert.match((await remarksOn(run, backend)).join(), /unseen documents worse than the base model/);
  });
});
