import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeBundle, encodeBundle, pack, unpack } from '../../backend/base/bundle';
import {
  FileCheckpointer,
  NoCheckpointError,
  OtherVersionError,
  SupersededError,
} from '../../backend/engine/checkpointer';
import { explainFailure } from '../../backend/engine/failure';

const never = new AbortController().signal;
const options = { interval: 0, note: () => ({ seconds: 1.5 }) };

describe('bundles of JSON and arrays', () => {
  const value = {
    numbers: [0.1 + 0.2, Number.NaN, -0, Infinity, 1e-300],
    nested: { weights: Float32Array.of(1.5, -0, Number.NaN), empty: new Int32Array(0), text: 'naïve 漢字 😀' },
    bytes: Uint8Array.of(1, 2, 3),
  };

  it('give back every bit, NaN and −0 included, wherever the bytes lie', () => {
    const { json, arrays } = pack(value);
    const bytes = encodeBundle(json, arrays);
    for (const shift of [0, 1, 5]) {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
      assert.deepEqual(unpack(decodeBundle(shifted)), value);
    }
  });

  it('are refused when cut short anywhere, or when any bit is flipped', () => {
    const { json, arrays } = pack(value);
    const bytes = Buffer.from(encodeBundle(json, arrays));
    for (let length = 0; length < bytes.length - 7; length++) {
      assert.throws(() => decodeBundle(bytes.subarray(0, length)), { name: 'DamagedBundleError' });
    }
    const padding = bytes.findIndex((byte, i) => i > 8 && byte === 0);
    for (let at = 0; at < padding; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at] ^= 0x10;
      assert.throws(() => decodeBundle(flipped), { name: 'DamagedBundleError' }, `byte ${at}`);
    }
  });
});

describe('checkpoint files', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const files = async (): Promise<string[]> =>
    (await readdir(folder)).filter((name) => name.endsWith('.checkpoint')).sort();

  async function write(steps: number): Promise<void> {
    const { checkpointer } = await FileCheckpointer.open(folder, never, options);
    for (let step = 1; step <= steps; step++)
      await checkpointer.offer('training', () => ({ step, weights: Float32Array.of(step) }));
  }

  async function stepInForce(): Promise<unknown> {
    return (await FileCheckpointer.open(folder, never, options)).checkpointer.load('training')?.step;
  }

  it('two are kept, and the newest is in force with its note', async () => {
    await write(5);
    assert.equal((await files()).length, 2);
    const { checkpointer, note } = await FileCheckpointer.open(folder, never, options);
    assert.deepEqual(checkpointer.load('training'), { step: 5, weights: Float32Array.of(5) });
    assert.deepEqual(note, { seconds: 1.5 });
  });

  it('a newest one that is damaged is passed over and named, and its number is not used again', async () => {
    await write(5);
    const newest = join(folder, (await files())[1]);
    const bytes = await readFile(newest);
    bytes[bytes.length - 9] ^= 1;
    await writeFile(newest, bytes);
    const { checkpointer, damaged } = await FileCheckpointer.open(folder, never, options);
    assert.equal(checkpointer.load('training')?.step, 4);
    assert.deepEqual(damaged.length, 1);
    assert.ok(damaged[0].startsWith(newest));
    await checkpointer.offer('training', () => ({ step: 6 }));
    assert.equal(await stepInForce(), 6);
  });

  it('when all are damaged, the run does not silently begin anew', async () => {
    await write(3);
    for (const name of await files()) await writeFile(join(folder, name), 'nothing');
    await assert.rejects(FileCheckpointer.open(folder, never, options), NoCheckpointError);
  });

  for (const [written, by] of [
    [undefined, 'an earlier version of Polymath'],
    ['0.0.9', 'Polymath 0.0.9'],
  ]) {
    it(`one that ${by} wrote is refused with the next step`, async () => {
      const { json, arrays } = pack({ version: written, note: {}, states: { em: encodeBundle({}) } });
      await writeFile(join(folder, '00000003.checkpoint'), encodeBundle(json, arrays));
      await assert.rejects(FileCheckpointer.open(folder, never, options), (error) => {
        assert.ok(error instanceof OtherVersionError);
        const { reason, message, next } = explainFailure(error);
        assert.equal(reason, 'no-checkpoint');
        assert.match(message, new RegExp(`was written by ${by}, and this is Polymath \\d`));
        assert.match(next, /Start a new run with the same settings/);
        return true;
      });
    });
  }

  it('a process whose run was taken over by another writes no more', async () => {
    const first = await FileCheckpointer.open(folder, never, options);
    await first.checkpointer.offer('training', () => ({ step: 1 }));
    const second = await FileCheckpointer.open(folder, never, options);
    await assert.rejects(
      first.checkpointer.offer('training', () => ({ step: 2 })),
      SupersededError,
    );
    await second.checkpointer.offer('training', () => ({ step: 3 }));
    assert.equal(await stepInForce(), 3);
  });

  it('a request to stop is answered by a checkpoint, then by its reason', async () => {
    const controller = new AbortController();
    const { checkpointer } = await FileCheckpointer.open(folder, controller.signal, { ...options, interval: Infinity });
    await checkpointer.offer('training', () => ({ step: 1 }));
    assert.deepEqual(await files(), []);
    controller.abort(new Error('stop'));
    await assert.rejects(
      checkpointer.offer('training', () => ({ step: 2 })),
      /stop/,
    );
    assert.equal(await stepInForce(), 2);
  });

  it('what the step changes after its offer is not in the checkpoint, and finished parts replace their steps', async () => {
    const { checkpointer } = await FileCheckpointer.open(folder, never, options);
    const weights = Float32Array.of(1);
    await checkpointer.offer('common/training', () => ({ weights }));
    weights[0] = 2;
    checkpointer.finish('common', { loss: 3 });
    await checkpointer.offer('branches/training', () => ({ at: 7 }));
    const { checkpointer: again } = await FileCheckpointer.open(folder, never, options);
    assert.equal(again.load('common/training'), undefined);
    assert.deepEqual(again.load('common'), { loss: 3 });
    assert.deepEqual(again.load('branches/training'), { at: 7 });
  });
});
