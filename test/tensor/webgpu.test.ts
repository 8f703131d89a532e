import assert from 'node:assert/strict';
import { noWebgpu, runOnWebgpu, type WebgpuRun } from '../support/webgpu';

const suffix = noWebgpu === undefined ? '' : ` (${noWebgpu})`;

describe(`WebGPU${suffix}`, () => {
  let run: WebgpuRun;

  before(async function () {
    if (noWebgpu !== undefined) return this.skip();
    this.timeout(300_000);
    const files = ['tensor/pytorch', 'tensor/optimizer', 'model/families', 'model/device'];
    run = await runOnWebgpu(files, /float32|AdamW|families|against the processor/);
  });

  const passes = (title: string, atLeast: number): void => {
    assert.deepEqual(
      run.failed.filter((failed) => failed.startsWith(title)),
      [],
    );
    assert.ok(run.passed.filter((passed) => passed.startsWith(title)).length >= atLeast);
  };

  it('outputs and gradients of every primitive agree with PyTorch', () => {
    passes('primitives against PyTorch', 1);
  });

  it('losses, gradients, LoRA steps and decoding of every family of models agree with PyTorch', () => {
    passes('families of models against PyTorch', 20);
  });

  it('learns and decodes as the processor does, and goes on from a state to the same bits', () => {
    passes('AdamW as a graph', 1);
    passes('training and decoding on webgpu', 4);
  });

  it('computes everything but whole numbers itself: nothing is moved to the processor', () => {
    const gpu = run.kernels.filter(({ provider }) => provider === 'WebGpuExecutionProvider');
    assert.ok(gpu.length > 10_000);
    const moved = run.kernels.filter(
      ({ provider, types }) => provider === 'CPUExecutionProvider' && types.some((type) => type !== 'int64'),
    );
    assert.deepEqual([...new Set(moved.map(({ op, types }) => `${op} ${types.join(' ')}`))], []);
  });
});
