import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Params } from '../../backend/protocol/messages';
import type { RunCost, RunRecord } from '../../backend/protocol/run';
import { corrected } from '../../backend/server/correction';
import { openProject, type TestProject } from '../support/project';
import { questionsOf, writeQuestions } from '../support/questions';

type Spec = Params<'runs/start'>['spec'];

describe('what a run is estimated to take', () => {
  let project: TestProject;
  let made: { readonly dataset: string; readonly split: string; readonly experts: string };
  let asked: { readonly experts: string; readonly questions: string; readonly council: string };
  let tuned: string;

  before(async () => {
    project = await openProject();
    const result = async (spec: Spec): Promise<string> => {
      const { result = '', failure } = await project.run(spec);
      assert.notEqual(result, '', failure?.message);
      return result;
    };
    const dataset = await result({ kind: 'import', source: `${project.root}/corpus.jsonl` });
    const split = await result({ kind: 'split', method: 'unigram', dataset, k: 3 });
    const experts = await result({ kind: 'train', split, tokens: 3000, batchSize: 1, context: 64 });
    made = { dataset, split, experts };
    await writeQuestions(join(project.root, 'qa.jsonl'), questionsOf(48));
    const questions = await result({ kind: 'import-questions', source: `${project.root}/qa.jsonl` });
    const members = ['A', 'B', 'C'].map((letter) => ({ letter, role: `You know ${letter}. ${'Say it. '.repeat(9)}` }));
    const content = { name: 'team', experts, members, instruction: 'Answer in one word.', procedure: 'vote' };
    const whole = await result({ kind: 'split', method: 'random', dataset, k: 1 });
    tuned = await result({ kind: 'train', split: whole, tokens: 1000, batchSize: 1, context: 64 });
    asked = { experts, questions, council: (await project.backend.call('councils/add', content)).id };
  });
  after(() => project.remove());

  const small = { batchSize: 1, context: 64 };
  const kinds: Readonly<Record<string, () => Spec>> = {
    'a training by epochs that searches for its learning rate': () => ({
      ...{ kind: 'train', split: made.split, epochs: 0.5, searchRate: true, ...small },
    }),
    'equal weights': () => ({ kind: 'mix', experts: made.experts, weighting: 'uniform' }),
    'an evaluation': () => ({ kind: 'evaluate', experts: made.experts }),
    'a split by hidden states': () => ({
      ...{ kind: 'split', method: 'kmeans', dataset: made.dataset, k: 3, embedding: 'hidden' },
    }),
    'a split by experts': () => ({
      ...{ kind: 'split', method: 'em', dataset: made.dataset, k: 3, prefix: 16, tokensPerRound: 500, rounds: 1 },
    }),
    'an exam': () => ({ kind: 'exam', ...asked, most: 20, procedures: ['vote', 'weighted-vote'], tuned }),
    // The council as it is, and one other role: twins take nothing later on.
    'an evolution': () => ({
      kind: 'evolve',
      algorithm: 'ga',
      ...asked,
      most: 20,
      size: 2,
      generations: 1,
      budget: 80,
    }),
  };
  for (const [name, spec] of Object.entries(kinds)) {
    it(`${name}: the tokens that go through the model`, async () => {
      const estimate = await project.backend.call('runs/estimate', { spec: spec() });
      const { actual, failure } = await project.run(spec());
      assert.ok(actual !== undefined, failure?.message);
      const told = JSON.stringify({ estimate, actual });
      const ratio = actual.tokens === estimate.tokens ? 1 : estimate.tokens / actual.tokens;
      assert.ok(ratio > 0.7 && ratio < 1.4, told);
      assert.ok(estimate.seconds > 0 && estimate.memory > 50, told);
    });
  }
});

describe('an estimate is corrected', () => {
  const spec = { kind: 'split', method: 'em' };
  const here = { device: { name: 'cpu', reason: '' }, machine: 'a processor, 2 cores' } as const;
  const cost: RunCost = { tokens: 100, seconds: 10, memory: 100 };
  const run = (seconds: number, change: Partial<RunRecord> = {}): RunRecord => ({
    ...{ id: 'run-abc123', spec, state: 'done', created: '', attempt: 1, seconds, inputs: {}, ...here },
    estimate: cost,
    actual: { tokens: 100, seconds, memory: 150 },
    ...change,
  });
  const planned = { spec, ...here };

  it('by the median of what like runs took, and says by how many', () => {
    const found = corrected(cost, planned, [run(20), run(5), run(30)]);
    assert.deepEqual(found, {
      tokens: 100,
      seconds: 20,
      memory: 150,
      correction: { runs: 3, seconds: 2, memory: 1.5 },
    });
    assert.deepEqual(corrected(cost, planned, [run(20)]), cost, 'one run may have been disturbed');
    const far = [run(1000), run(1000)];
    assert.equal(corrected(cost, planned, far).seconds, 40, 'a factor has bounds');
  });

  it('from what the probe had said, not from what was made of it', () => {
    const told = { ...cost, seconds: 20, memory: 150, correction: { runs: 2, seconds: 2, memory: 1.5 } };
    const found = corrected(cost, planned, [run(20, { estimate: told }), run(20, { estimate: told })]);
    assert.deepEqual([found.seconds, found.memory], [20, 150]);
  });

  it('not by other work, other machines, or what was disturbed or found done', () => {
    const others: Partial<RunRecord>[] = [
      { spec: { ...spec, method: 'unigram' } },
      { machine: 'another one' },
      { device: { name: 'cuda', reason: '' } },
      { attempt: 2 },
      { state: 'failed' },
      { actual: { tokens: 3, seconds: 1, memory: 1 } },
    ];
    const records = others.flatMap((change) => [run(1, change), run(1, change)]);
    assert.deepEqual(corrected(cost, planned, records), cost);
  });
});
