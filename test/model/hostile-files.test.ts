import assert from 'node:assert/strict';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { convertGguf } from '../../backend/model-files/gguf/convert';
import { readGguf } from '../../backend/model-files/gguf/header';
import { tokenizerFilesOf } from '../../backend/model-files/gguf/tokenizer';
import { checkFinite } from '../../backend/model/weights/finite';
import { readFloatTensors } from '../../backend/model/weights/floats';
import { readSafetensorsHeader } from '../../backend/model/weights/safetensors';
import { UserError } from '../../backend/base/errors';
import { array, type Entry, f32, ggufFile, string, type TensorInfo, types, u32 } from '../support/gguf';

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
      assert.ok(error.message.includes(path) && error.message.length < 1000, error.message);
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
      const keys = Array.from({ length: 350_000 }, (_, i) => `"${i}":{}`);
      await refusesFile(file(`{${keys.join()}}`, 0), /more than 300000 keys/);
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
      // A name like any other: nothing is read past it.
      await writeFile(path, file(`{"__proto__":${JSON.stringify(tensor(0, 4))}}`, 4));
      assert.deepEqual([...(await readSafetensorsHeader(path)).keys()], ['__proto__']);
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

    it('weights that are no numbers, wherever they stand in a large file and in whatever type', async () => {
      const count = 3 * MiB + 1;
      const halves = new Uint16Array(count).fill(0x7bff);
      const bits = { F16: [0x7c00, 0xfc00, 0x7e01], BF16: [0x7f80, 0xff80, 0x7fc1] } as const;
      for (const dtype of ['F16', 'BF16'] as const) {
        for (const [i, at] of [0, 2 * MiB + 1, count - 1].entries()) {
          const data = halves.slice();
          data[at] = bits[dtype][i];
          const entries = { w: { dtype, shape: [count], data_offsets: [0, 2 * count] } };
          for (const [content, isBroken] of [
            [data, true],
            [halves, false],
          ] as const) {
            await writeFile(path, Buffer.concat([header(entries), Buffer.from(content.buffer)]));
            const check = checkFinite(path, await readSafetensorsHeader(path));
            if (isBroken) await refuses(() => check, /w holds values that are no numbers/);
            else await check;
          }
        }
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
        { numRuns: 150 },
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
        { numRuns: 150 },
      );
    });
  });

  describe('GGUF', () => {
    const refusesFile = async (content: Buffer, why: RegExp): Promise<void> => {
      await writeFile(path, content);
      await refuses(() => readGguf(path), why);
    };
    const refusesEntry = (type: number, value: Buffer, why: RegExp): Promise<void> =>
      refusesFile(ggufFile({ metadata: [['key', type, value]] }), why);
    const tensor = (more: Partial<TensorInfo> = {}): TensorInfo => ({
      name: 'w',
      shape: [8],
      type: 0,
      offset: 0,
      ...more,
    });
    const refusesTensors = (why: RegExp, ...tensors: TensorInfo[]): Promise<void> =>
      refusesFile(ggufFile({ tensors, data: Buffer.alloc(96) }), why);
    const huge = 2n ** 63n;

    it('files of another kind, version or byte order', async () => {
      await refusesFile(Buffer.alloc(0), /does not begin with GGUF/);
      await refusesFile(Buffer.concat([Buffer.from('GGML'), Buffer.alloc(100)]), /does not begin with GGUF/);
      await refusesFile(ggufFile({ version: u32(1) }), /GGUF version 1/);
      await refusesFile(ggufFile({ version: Buffer.from([0, 0, 0, 3]) }), /big-endian/);
    });

    it('counts and lengths that no file could hold', async () => {
      for (const metadata of [2 ** 20, 2 ** 52, huge])
        await refusesFile(ggufFile({ counts: { metadata } }), /metadata/);
      for (const tensors of [2 ** 20, 2 ** 52, huge]) await refusesFile(ggufFile({ counts: { tensors } }), /tensors/);
      for (const length of [100, 2 ** 21, 2 ** 52, huge]) {
        await refusesEntry(types.string, string('x', length), /key would have|ends within|length of key/);
        for (const items of [0, types.f32, types.string]) {
          await refusesEntry(types.array, array(items, [], length), /key would have|ends within|length of key/);
        }
      }
      await refusesEntry(types.array, array(types.array, [array(0, [])]), /list of the unknown type 9/);
      await refusesEntry(99, u32(0), /unknown type 99/);
      const start = ggufFile({ metadata: [['key', types.array, array(types.string, [], 2 ** 30)]] });
      await writeSparse(start, 2 ** 40);
      await refuses(() => readGguf(path), /key would have 1073741824 items/);
      await writeSparse(ggufFile({ metadata: [['key', types.array, array(types.f32, [], 2 ** 30)]] }), 2 ** 40);
      await refuses(() => readGguf(path), /key would have 1073741824 items/);
    });

    it('names that stand twice, are too long, or no text', async () => {
      const one: Entry = ['a', types.u32, u32(1)];
      await refusesFile(ggufFile({ metadata: [one, one] }), /has a twice/);
      await refusesTensors(/tensor w twice/, tensor(), tensor({ offset: 32 }));
      await refusesTensors(/would have 65 bytes/, tensor({ name: 'w'.repeat(65) }));
      await refusesEntry(types.string, string(Buffer.from([0xc3, 0x28])), /key is not UTF-8/);
    });

    it('tensors that overlap, leave holes, lie outside the file or at odd places', async () => {
      const [a, b] = [tensor({ name: 'a' }), tensor({ name: 'b', offset: 32 })];
      await refusesTensors(/b overlaps/, a, { ...b, offset: 0 });
      await refusesTensors(/b overlaps/, { ...a, shape: [9] }, b);
      await refusesTensors(/b overlaps/, a, { ...b, offset: 31 });
      await refusesTensors(/no tensor holds the 32 bytes before b/, a, { ...b, offset: 64 });
      await refusesTensors(/no tensor holds/, { ...a, offset: 2 ** 52 });
      await refusesTensors(/offset of a/, { ...a, offset: huge });
      await refusesTensors(/ends before the tensor a/, { ...a, shape: [25] });
      for (const alignment of [0, 3, 2 ** 31]) {
        const metadata: Entry[] = [['general.alignment', types.u32, u32(alignment)]];
        await refusesFile(ggufFile({ metadata, tensors: [a], data: Buffer.alloc(96) }), /aligned to/);
      }
    });

    it('shapes that are no shapes or overflow, and types that are not read', async () => {
      await refusesTensors(/0 dimensions/, tensor({ shape: [] }));
      await refusesTensors(/5 dimensions/, tensor({ shape: [1, 1, 1, 1, 8] }));
      await refusesTensors(/cannot have the shape/, tensor({ shape: [0] }));
      await refusesTensors(/cannot have the shape/, tensor({ shape: [2 ** 50, 2 ** 50] }));
      await refusesTensors(/dimension of w/, tensor({ shape: [huge] }));
      await refusesTensors(/cannot have the shape \[8\] and the type Q4_0/, tensor({ type: 2 }));
      await refusesTensors(/w is quantised as Q2_K/, tensor({ type: 10 }));
      await refusesTensors(/w is quantised as type 1000/, tensor({ type: 1000 }));
    });

    it('whatever bytes are changed or missing: read within the bounds of the file, or one clear error', async () => {
      const whole = ggufFile({
        metadata: [
          ['general.architecture', types.string, string('llama')],
          ['numbers', types.array, array(types.f32, [f32(1), f32(2)])],
          ['texts', types.array, array(types.string, [string('a'), string('bc')])],
          ['flag', types.bool, Buffer.from([1])],
        ],
        tensors: [tensor(), tensor({ name: 'q', shape: [32, 2], type: 2, offset: 32 })],
        data: Buffer.alloc(96),
      });
      const change = fc.record({ at: fc.nat(whole.length - 97), byte: fc.nat(255) });
      const changed = fc.tuple(fc.array(change, { maxLength: 4 }), fc.option(fc.nat(whole.length)));
      await fc.assert(
        fc.asyncProperty(changed, async ([changes, length]) => {
          const bytes = Buffer.from(whole);
          for (const { at, byte } of changes) bytes[at] = byte;
          await writeFile(path, bytes.subarray(0, length ?? whole.length));
          await checkRead(async () => (await readGguf(path)).tensors, bytes.length);
        }),
        { numRuns: 200 },
      );
    });
  });

  describe('GGUF models that cannot be converted', () => {
    const source = 'test/fixtures/gguf/tiny-qwen2.gguf';
    const watch = { report: () => undefined, signal: new AbortController().signal };
    /** The fixture with these bytes replaced by as many others wherever they stand, the first time. */
    const refusesChange = async (from: string | Buffer, to: string | Buffer, why: RegExp): Promise<void> => {
      const bytes = await readFile(source);
      const at = bytes.indexOf(from);
      assert.ok(at > 0 && Buffer.from(from).length === Buffer.from(to).length);
      bytes.set(Buffer.from(to), at);
      await writeFile(path, bytes);
      await refuses(() => convertGguf(path, join(folder, 'cache'), watch), why);
      assert.deepEqual(await readdir(join(folder, 'cache')).catch(() => []), []);
    };
    const setting = (key: string, value: number): Buffer =>
      Buffer.concat([Buffer.from(key), u32(types.u32), u32(value)]);

    it('another architecture, sizes that do not fit, tensors that are missing or too many', async () => {
      await refusesChange(string('qwen2'), string('bert!'), /architecture bert!/);
      await refusesChange(setting('head_count', 4), setting('head_count', 5), /describe no qwen2 model/);
      await refusesChange(setting('head_count', 4), setting('head_count', 0), /describe no qwen2 model/);
      await refusesChange(setting('block_count', 1), setting('block_count', 2 ** 31), /describe no qwen2 model/);
      await refusesChange(setting('block_count', 1), setting('block_count', 2), /blk\.1\..* is missing/);
      await refusesChange('blk.0.ffn_up', 'blk.0.ffn_xx', /ffn_xx.* belongs to no model/);
      await refusesChange(setting('feed_forward_length', 64), setting('feed_forward_length', 32), /is \[64, 32\]/);
    });

    it('vocabularies that cannot be used', async () => {
      const strings = (...texts: string[]): Buffer =>
        array(
          types.string,
          texts.map((text) => string(text)),
        );
      const vocabulary: Record<string, readonly [number, Buffer]> = {
        'general.architecture': [types.string, string('llama')],
        'tokenizer.ggml.model': [types.string, string('gpt2')],
        'tokenizer.ggml.pre': [types.string, string('smollm')],
        'tokenizer.ggml.tokens': [types.array, strings('a', 'b', 'ab')],
        'tokenizer.ggml.merges': [types.array, strings('a b')],
      };
      const build = async (changes: Record<string, readonly [number, Buffer] | undefined>): Promise<object> => {
        const all = { ...vocabulary, ...changes };
        const metadata = Object.entries(all).flatMap(([key, entry]): Entry[] => (entry ? [[key, ...entry]] : []));
        await writeFile(path, ggufFile({ metadata }));
        return tokenizerFilesOf(await readGguf(path), 3);
      };
      const refusesVocabulary = (why: RegExp, key: string, ...value: [] | [number, Buffer]): Promise<void> =>
        refuses(() => build({ [`tokenizer.ggml.${key}`]: value.length === 0 ? undefined : value }), why);

      assert.ok('definition' in (await build({})));
      await refusesVocabulary(/tokens is missing/, 'tokens');
      await refusesVocabulary(/tokens is not a list of texts/, 'tokens', types.u32, u32(3));
      await refusesVocabulary(/"a" twice/, 'tokens', types.array, strings('a', 'b', 'a'));
      await refusesVocabulary(/4 tokens, and the model 3/, 'tokens', types.array, strings('a', 'b', 'c', 'd'));
      await refusesVocabulary(/types for 1/, 'token_type', types.array, array(types.f32, [f32(1)]));
      for (const merge of ['ab', 'a  b', 'b a', 'a c']) {
        await refusesVocabulary(/merge 0/, 'merges', types.array, strings(merge));
      }
      await refusesVocabulary(/no token 3 \(bos\)/, 'bos_token_id', types.u32, u32(3));
      await refusesVocabulary(/by "constructor", which is not known/, 'pre', types.string, string('constructor'));
      await refusesVocabulary(/does not say how its tokenizer cuts/, 'pre');
      await refusesVocabulary(/of the kind bert/, 'model', types.string, string('bert'));
      await refusesVocabulary(/no score for each/, 'model', types.string, string('llama'));
      const long = {
        'tokenizer.ggml.model': [types.string, string('llama')],
        'tokenizer.ggml.tokens': [types.array, strings('a'.repeat(2 ** 20))],
        'tokenizer.ggml.scores': [types.array, array(types.f32, [f32(1)])],
      } as const;
      await refuses(() => build(long), /token of 1048576 characters/);
    });

    it('whatever bytes of the header are changed: a folder, or one clear error', async () => {
      const whole = await readFile(source);
      const header = Math.min(...[...(await readGguf(source)).tensors.values()].map(({ offset }) => offset));
      const change = fc.record({ at: fc.nat(header - 1), byte: fc.nat(255) });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          const bytes = Buffer.from(whole);
          for (const { at, byte } of changes) bytes[at] = byte;
          await writeFile(path, bytes);
          await convertGguf(path, join(folder, 'fuzzed'), watch).catch((error: unknown) => {
            assert.ok(error instanceof UserError, error instanceof Error ? error.stack : String(error));
          });
          await rm(join(folder, 'fuzzed'), { recursive: true, force: true });
        }),
        { numRuns: 60 },
      );
    });

    it('weights that are no numbers', async () => {
      const { tensors } = await readGguf(source);
      for (const [name, { type, offset }] of tensors) {
        if (name !== 'output_norm.weight' && name !== 'blk.0.attn_q.weight') continue;
        const bytes = await readFile(source);
        // BF16: 0x7f80 is infinity; F32 from its lower half on.
        bytes.set(type.name === 'F32' ? [0, 0, 0xc0, 0x7f] : [0x80, 0x7f], offset);
        await writeFile(path, bytes);
        await refuses(() => convertGguf(path, join(folder, 'cache'), watch), /holds values that are no numbers/);
      }
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
