import assert from 'node:assert/strict';
import { noWebgpu, runOnWebgpu, type WebgpuRun } from '../support/webgpu';

const suffix = noWebgpu === undefined ? '' : ` (${noWebgpu})`;

describe(`WebGPU${suffix}`, () => {
  let run: WebgpuRun;

  before(async function () {
    if (noWebgpu !== undefined) return this.skip();
    this.timeout(300_000);
    const files = ['tensor/pytorch', 'tensor/optimizer', 'model/pytorch', 'model/device'];
    // A software driver takes its time: of tests that differ in numbers only, one is enough.
    const titles = /float32|AdamW|tiny-llama:|PEFT adapter gives|full training|\(lora\)|greedy|against the processor/;
    run = await runOnWebgpu(files, titles);
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

  it('losses, gradients, training and decoding agree with PyTorch', () => {
    passes('Llama models against PyTorch', 6);
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
