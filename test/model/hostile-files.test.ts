import assert from 'node:assert/strict';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readFloatTensors } from '../../backend/model/weights/floats';
import { readSafetensorsHeader } from '../../backend/model/weights/safetensors';
import { UserError } from '../../backend/protocol/errors';

const MiB = 2 ** 20;

describe('hostile model files', () => {
  let folder: string;
  let path: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    path = join(folder, 'model.safetensors');
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** That reading gives one clear error, soon, without much memory. */
  async function refuses(read: () => Promise<unknown>, why: RegExp): Promise<void> {
    const [started, before] = [performance.now(), process.memoryUsage().rss];
    await assert.rejects(read, (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, why);
      assert.ok(error.message.startsWith(path) && error.message.length < 1000, error.message);
      return true;
    });
    assert.ok(process.memoryUsage().rss - before < 64 * MiB, 'it took too much memory');
    assert.ok(performance.now() - started < 5000, 'it took too long');
  }

  /** A file that says it is so long: holes of a file take no room on the disk. */
  async function writeSparse(start: Uint8Array, size: number): Promise<void> {
    await writeFile(path, start);
    const file = await open(path, 'r+');
    await file.truncate(size);
    await file.close();
  }

  describe('safetensors', () => {
    const header = (json: unknown, length?: number): Buffer => {
      const text = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
      const prefix = Buffer.alloc(8);
      prefix.writeBigUInt64LE(BigInt(length ?? text.length));
      return Buffer.concat([prefix, text]);
    };
    const file = (json: unknown, data: number): Buffer => Buffer.concat([header(json), Buffer.alloc(data)]);
    const tensor = (from: number, to: number, more = {}): object => ({
      dtype: 'F32',
      shape: [(to - from) / 4],
      data_offsets: [from, to],
      ...more,
    });
    const refusesFile = async (content: Buffer, why: RegExp): Promise<void> => {
      await writeFile(path, content);
      await refuses(() => readSafetensorsHeader(path), why);
    };

    it('headers that are absurdly long, cut, or no JSON', async () => {
      await refusesFile(Buffer.alloc(3), /it has 3 bytes/);
      await refusesFile(header('{}', 2 ** 53), /header would end/);
      await refusesFile(file('{}', 0).subarray(0, 9), /header would end/);
      await refusesFile(file('{"a":', 0), /not JSON/);
      await refusesFile(file('[]', 0), /malformed/);
      await writeSparse(header('{}', 2 ** 40), 2 ** 41);
      await refuses(() => readSafetensorsHeader(path), /header would end/);
    });

    it('headers that would grow when they are parsed', async () => {
      await refusesFile(file('['.repeat(10 * MiB), 0), /nested more than 3 deep/);
      await refusesFile(file(`{"a":{"shape":[${'0,'.repeat(5 * MiB)}0]}}`, 0), /list of more than 16 items/);
      const keys = Array.from({ length: 600_000 }, (_, i) => `"${i}":{}`);
      await refusesFile(file(`{${keys.join()}}`, 0), /more than 500000 keys/);
      await refusesFile(file(`{"a":"${'\\\\'.repeat(7 * MiB)}`, 0), /not JSON/);
    });

    it('names and fields that stand twice, also when they are spelt differently', async () => {
      const one = JSON.stringify(tensor(0, 4));
      await refusesFile(file(`{"a":${one},"a":${one}}`, 4), /names "a" twice/);
      await refusesFile(file(`{"a":${one},"\\u0061" :${one}}`, 4), /names "a" twice/);
      await refusesFile(
        file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"dtype":"F16"}}', 4),
        /"dtype" twice/,
      );
    });

    it('tensors that overlap, leave holes, lie outside the file, or hide bytes', async () => {
      await refusesFile(file({ a: tensor(0, 8), b: tensor(4, 12) }, 12), /b overlaps/);
      await refusesFile(file({ a: tensor(0, 8), b: tensor(0, 8) }, 8), /overlaps/);
      await refusesFile(file({ a: tensor(0, 4), b: tensor(8, 12) }, 12), /no tensor holds the 4 bytes before b/);
      await refusesFile(file({ a: tensor(0, 4) }, 12), /no tensor holds its last 8 bytes/);
      await refusesFile(file({ a: tensor(0, 400) }, 12), /ends before the tensor a does/);
      await refusesFile(file({ a: tensor(8, 4, { shape: [1] }) }, 12), /-4 bytes/);
      await refusesFile(file({ a: tensor(-4, 4) }, 12), /a\.data_offsets\.0/);
      await refusesFile(file(`{"__proto__":${JSON.stringify(tensor(0, 4))}}`, 4), /no tensor holds/);
    });

    it('shapes that are no shapes or overflow', async () => {
      const shaped = (...shape: unknown[]): Buffer => file({ a: tensor(0, 4, { shape }) }, 4);
      for (const bad of [1.5, -1, '1', null, 2 ** 60]) await refusesFile(shaped(bad), /a\.shape\.0/);
      const largest = Number.MAX_SAFE_INTEGER;
      await refusesFile(shaped(largest, largest), /where its shape needs/);
      await refusesFile(shaped(...Array<number>(16).fill(largest), 0), /items/);
      await refusesFile(shaped(2 ** 32, 2 ** 32), /where its shape needs/);
      await refusesFile(file({ a: tensor(0, 4, { dtype: 'F31' }) }, 4), /a\.dtype/);
    });

    it('weights that are no numbers', async () => {
      for (const value of [NaN, Infinity, -Infinity]) {
        const data = Buffer.from(Float32Array.of(1, -0, 3e38, value).buffer);
        await writeFile(path, Buffer.concat([header({ w: tensor(0, 16) }), data]));
        await refuses(() => readFloatTensors(path), /w holds values that are no numbers/);
      }
    });

    it('whatever bytes are changed: read within the bounds of the file, or one clear error', async () => {
      const whole = file({ a: tensor(0, 8), b: tensor(8, 12), __metadata__: { format: 'pt' } }, 12);
      const change = fc.record({ at: fc.nat(whole.length - 13), byte: fc.nat(255) });
      const changed = fc.tuple(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: whole.length }),
      );
      await fc.assert(
        fc.asyncProperty(changed, async ([changes, length]) => {
          const bytes = Buffer.from(whole);
          for (const { at, byte } of changes) bytes[at] = byte;
          await writeFile(path, length % 3 === 0 ? bytes.subarray(0, length) : bytes);
          await checkRead(() => readSafetensorsHeader(path), bytes.length);
        }),
        { numRuns: 300 },
      );
    });

    it('whatever JSON the header is: read within the bounds of the file, or one clear error', async () => {
      const numbers = fc.oneof(fc.integer({ min: -1, max: 12 }), fc.double(), fc.maxSafeInteger());
      const entry = fc.record({
        dtype: fc.constantFrom('F32', 'U8', 'I64', 'Q4'),
        shape: fc.array(numbers, { maxLength: 3 }),
        data_offsets: fc.array(numbers, { minLength: 1, maxLength: 3 }),
      });
      const any = fc.dictionary(fc.string(), fc.oneof(entry, fc.jsonValue()));
      await fc.assert(
        fc.asyncProperty(any, fc.nat(12), async (json, data) => {
          const bytes = file(json, data);
          await writeFile(path, bytes);
          await checkRead(() => readSafetensorsHeader(path), bytes.length);
        }),
        { numRuns: 300 },
      );
    });
  });

  /** That what was read lies in the file; an error must be meant for the user. */
  async function checkRead(
    read: () => Promise<ReadonlyMap<string, { offset: number; length: number }>>,
    size: number,
  ): Promise<void> {
    const entries = await read().catch((error: unknown) => {
      assert.ok(error instanceof UserError, error instanceof Error ? error.stack : String(error));
      return new Map<string, { offset: number; length: number }>();
    });
    for (const { offset, length } of entries.values()) assert.ok(offset >= 8 && length >= 0 && offset + length <= size);
  }
});
