import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { explainProbe, isSoftware } from '../../backend/engine/devices/device-cause';
import { chooseAmong, DeviceChooser, withFaster } from '../../backend/engine/devices/device-choice';
import { probeDevice, type ProbedDevice, probeProducts } from '../../backend/engine/devices/device-probe';
import { openProject, type TestProject } from '../support/project';
import { noWebgpu, softwareDriver } from '../support/webgpu';

const gpu = { device: 'webgpu', there: true, found: 'A GPU, 8 GB', right: true, speed: 6, software: false } as const;
const noCuda = { device: 'cuda', there: false, cause: "no driver of NVIDIA's is loaded", next: '' } as const;

describe('the device of a run', () => {
  it('auto takes the fastest GPU that computes rightly, and otherwise says what speaks against each', () => {
    const cuda: ProbedDevice = { ...gpu, device: 'cuda', speed: 9 };
    assert.equal(chooseAmong([gpu, cuda]).name, 'cuda');
    assert.match(chooseAmong([gpu, noCuda]).reason, /^A GPU, 8 GB; 6\.0 times as fast/);
    const refused: [Partial<typeof gpu> | object, RegExp][] = [
      [{ software: true }, /WebGPU: its driver computes on the processor; CUDA: no driver of NVIDIA's/],
      [{ right: false }, /numbers differ/],
      [{ speed: 0.4 }, /slower than the processor in a trial \(0\.40/],
    ];
    for (const [change, why] of refused) {
      const { name, reason } = chooseAmong([{ ...gpu, ...change }, noCuda]);
      assert.equal(name, 'cpu');
      assert.match(reason, why);
    }
  });

  it('takes 8-bit products where a trial finds them right and plainly faster, or where they are asked for', async () => {
    const cpu = { name: 'cpu', reason: 'it was asked for' } as const;
    assert.equal(withFaster(cpu, { right: true, speed: 1.6 }).products, 'int8');
    for (const trial of [{ right: true, speed: 1.05 }, { right: false, speed: 3 }, undefined]) {
      const { products, reason } = withFaster(cpu, trial);
      assert.equal(products, undefined);
      assert.match(reason, /8-bit products/);
    }
    const chooser = new DeviceChooser();
    assert.deepEqual(await chooser.chooseFor('cpu'), cpu);
    const { name, products } = await chooser.chooseFor(undefined, 'int8');
    assert.deepEqual([name, products], ['cpu', 'int8']);
    const trial = await probeProducts();
    assert.ok(trial?.right === true && trial.speed > 0);
  });

  it('tells apart why a device is not there, each with a step that mends it', () => {
    const said = {
      'libcublasLt.so.12: cannot open shared object file': /a library of CUDA is missing \(libcublasLt\.so\.12\)/,
      'libcuda.so.1: cannot open shared object file': /the driver's library/,
      'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version': /missing or older/,
      'CUDA failure 34: CUDA driver is a stub library': /stub of the toolkit/,
      'CUDA failure 100: no CUDA-capable device is detected': /no GPU that computes with CUDA/,
      'bin/libonnxruntime_providers_shared.so: cannot open shared object file': /provider files are not whole/,
    };
    for (const [line, cause] of Object.entries(said)) {
      const told = explainProbe('cuda', line, 'exit code 1');
      assert.match(told.cause, cause);
      assert.ok(told.next.length > 10);
    }
    assert.match(explainProbe('webgpu', '', 'SIGSEGV').cause, /ended or stopped the process that tried it \(SIGSEGV\)/);
    const found = 'Discovered OrtHardwareDevice {vendor_id:0x10de, device_id:0x1, vendor:NVIDIA, type:1, metadata: []}';
    assert.equal(isSoftware(found, {}), false);
    assert.equal(isSoftware(found, { VK_ICD_FILENAMES: '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json' }), true);
    assert.equal(isSoftware(found.replace('0x10de', '0x1414'), {}), true);
  });

  it('the processor agrees with itself', async () => {
    const probed = await probeDevice('cpu', 200_000);
    assert.ok(probed.there && probed.right && !probed.software);
  }).timeout(210_000);

  it('a software driver is found and named as one', async function () {
    if (noWebgpu !== undefined) return this.skip();
    const before = { ...process.env };
    Object.assign(process.env, softwareDriver());
    try {
      const probed = await probeDevice('webgpu', 200_000);
      assert.ok(probed.there && probed.right && probed.software && probed.speed < 1);
    } finally {
      for (const name of Object.keys(softwareDriver())) delete process.env[name];
      Object.assign(process.env, before);
    }
  }).timeout(210_000);

  describe('in a project', () => {
    let project: TestProject;
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml';

    before(async () => (project = await openProject()));
    after(() => project.remove());

    it('a device that is not there is refused before anything is begun', async () => {
      const imported = await project.run({ kind: 'import', source: join(project.root, 'corpus.jsonl') });
      const spec = { kind: 'split', dataset: imported.result ?? '', k: 2, method: 'random', device: absent } as const;
      const runs = await readdir(join(project.folder, 'runs'));
      await assert.rejects(project.backend.call('runs/start', { spec }), {
        name: 'UserError',
        message: /cannot compute here: .* is a part of /,
      });
      assert.deepEqual(await readdir(join(project.folder, 'runs')), runs);
    });

    it('the check of the environment has a line for each, and says what is wrong with those that are not there', async () => {
      const checks = await project.backend.call('doctor', {});
      const lines = checks.filter(({ name }) =>
        ['ONNX Runtime', 'WebGPU', 'CUDA', 'DirectML', 'Core ML'].includes(name),
      );
      assert.equal(lines.length, 5);
      assert.ok(lines[0].ok && lines[0].optional !== true);
      for (const { ok, found, optional } of lines.slice(1)) assert.ok(optional === true && (ok || found.length > 10));
    }).timeout(210_000);

    it('is kept in the record of the run, and its reason in the log', async () => {
      const [dataset] = (await project.backend.call('datasets/list', {})).items;
      const spec = { kind: 'split', dataset: dataset.id, k: 2, method: 'random', device: 'cpu' } as const;
      const run = await project.run(spec);
      assert.deepEqual(run.device, { name: 'cpu', reason: 'it was asked for' });
      assert.equal(run.spec.kind === 'split' && run.spec.device, 'cpu');
      const { text } = await project.backend.call('runs/log', { run: run.id });
      assert.match(text, /^Device: cpu \(it was asked for\)\n/);
    }).timeout(30_000);
  });
});
