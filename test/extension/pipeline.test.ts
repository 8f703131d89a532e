import assert from 'node:assert/strict';
import type { RunRecord } from '../../backend/protocol/run';
import { type Made, pipelineOf } from '../../extension/home/pipeline';
import { created, exampleClustering, exampleDataset, exampleExperts, exampleMixer } from '../store/support';

describe('the steps of a project', () => {
  const dataset = exampleDataset();
  const split = exampleClustering();
  const experts = exampleExperts();
  const mixer = exampleMixer;
  const evaluation = { id: 'eval-example', name: 'Perplexity', created, kind: 'perplexity' as const, seeds: [] };
  const statesOf = (made: Omit<Made, 'asked'>, active: readonly RunRecord[] = []): string =>
    pipelineOf({ ...made, asked: 0 }, active)
      .map(({ state }) => state)
      .join(' ');

  it('go on with the first that is not done and can be begun; nobody is told to ask', () => {
    assert.equal(statesOf({}), 'next later later later later later');
    assert.equal(statesOf({ dataset }), 'done next later later later later');
    assert.equal(statesOf({ dataset, split }), 'done done next later later later');
    assert.equal(statesOf({ dataset, split, experts }), 'done done done next open later');
    assert.equal(statesOf({ dataset, split, experts, mixer }), 'done done done done open next');
    assert.equal(statesOf({ dataset, split, experts, mixer, evaluation }), 'done done done done open done');
  });

  it('leave the weighting out where experts have no piles that a mixer could learn from', () => {
    const { clustering: _, ...elsewhere } = experts;
    assert.equal(statesOf({ dataset, experts: elsewhere }), 'done next done later open later');
    assert.equal(statesOf({ dataset, split, experts: elsewhere }), 'done done done later open next');
  });

  it('wait for a run that makes what is missing', () => {
    const run = { id: 'run-example', spec: { kind: 'split', dataset: dataset.id, k: 3 }, state: 'running' } as const;
    const record: RunRecord = { ...run, created, attempt: 1, seconds: 0, inputs: {} };
    assert.equal(statesOf({ dataset }, [record]), 'done working later later later later');
  });

  it('name what they are to be done on', () => {
    const [, , , weighting] = pipelineOf({ dataset, split, experts, asked: 0 }, []);
    assert.deepEqual(weighting.offers, [{ title: 'Train Mixer…', command: 'polymath.experts.mix', on: experts.id }]);
  });
});
