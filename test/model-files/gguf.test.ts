import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Decoder } from '../../backend/model/decoding/decoder';
import { convertGguf } from '../../backend/model-files/gguf/convert';
import { dequantize } from '../../backend/model-files/gguf/dequantize';
import { readGguf } from '../../backend/model-files/gguf/header';
import type { GgufLayout } from '../../backend/model-files/gguf/families';
import { GgufMetadata } from '../../backend/model-files/gguf/metadata';
import { llama3Scaling, namedScaling } from '../../backend/model-files/gguf/rope-scaling';
import { type Limits, pieces } from '../../backend/model-files/gguf/tensors';
import { tokenizerFilesOf } from '../../backend/model-files/gguf/tokenizer';
import { ggmlType } from '../../backend/model-files/gguf/types';
import { LanguageModel } from '../../backend/model/language-model';
import { Tokenizer } from '../../backend/model/tokenizer/tokenizer';
import { isFloatType, toFloat32 } from '../../backend/model/weights/floats';
import { readSafetensorsHeader, type TensorEntry } from '../../backend/model/weights/safetensors';
import type { Progress } from '../../backend/base/progress';

const fixtures = 'test/fixtures/gguf';

interface Family {
  readonly config: Record<string, unknown>;
  /** Shape and the beginning of the SHA-256 of the float32 values, by Hugging Face's names. */
  readonly tensors: Record<string, readonly [readonly number[], string]>;
  readonly ids: readonly (readonly number[] | null)[];
  readonly prompt: readonly number[];
  readonly logits: readonly number[];
}

interface Expected {
  readonly texts: readonly string[];
  readonly families: Record<keyof typeof sources, Family>;
  readonly vocabularies: Record<string, readonly (readonly number[])[]>;
  readonly rope: readonly { theta: number; scaling: Record<string, number>; factors: readonly number[] }[];
}

const sources = {
  llama: 'tiny-llama.gguf',
  qwen2: 'tiny-qwen2.gguf',
  qwen3: 'tiny-qwen3-00001-of-00003.gguf',
  gemma3: 'tiny-gemma3.gguf',
  gpt2: 'tiny-gpt2.gguf',
} as const;

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8')) as unknown;
}

describe('GGUF files against the packages gguf, transformers and sentencepiece', () => {
  let expected: Expected;
  let cache: string;

  before(async () => {
    expected = (await readJson(join(fixtures, 'expected.json'))) as Expected;
    cache = await mkdtemp(join(tmpdir(), 'polymath-'));
  });

  after(() => rm(cache, { recursive: true, force: true }));

  const convert = (file: string, report: (progress: Progress) => void = () => undefined): Promise<string> =>
    convertGguf(join(fixtures, file), cache, { report, signal: new AbortController().signal });

  it('blocks of every type have the same values, to the bit', async () => {
    const path = join(fixtures, 'blocks.safetensors');
    const file = await readFile(path);
    const entries = await readSafetensorsHeader(path);
    const bytes = (name: string): Uint8Array => {
      const { offset, length } = entries.get(name) ?? assert.fail(name);
      return new Uint8Array(file.subarray(offset, offset + length));
    };
    const types = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 30].map((id) => ggmlType(id) ?? assert.fail(String(id)));
    for (const { name, values, bytes: size } of types) {
      const blocks = bytes(`${name}.blocks`);
      const result = new Float32Array((blocks.length / size) * values);
      dequantize[name](blocks, result);
      assert.deepEqual(new Uint8Array(result.buffer), bytes(`${name}.values`), name);
    }
  });

  for (const [family, source] of Object.entries(sources) as [keyof typeof sources, string][]) {
    it(`${family}: the folder has the same weights, and its tokenizer gives the same ids`, async () => {
      const { config, tensors, ids } = expected.families[family];
      const folder = await convert(source);
      const written = (await readJson(join(folder, 'config.json'))) as Record<string, unknown>;
      for (const [key, value] of Object.entries(config)) assert.deepEqual(written[key], value, key);

      const path = join(folder, 'model.safetensors');
      const file = await readFile(path);
      const entries = await readSafetensorsHeader(path);
      assert.deepEqual([...entries.keys()].sort(), Object.keys(tensors).sort());
      for (const [name, [shape, digest]] of Object.entries(tensors)) {
        const entry = entries.get(name) ?? assert.fail(name);
        assert.deepEqual(entry.shape, shape, name);
        assert.equal(sha256(asFloat32(file, entry)), digest, name);
      }

      const tokenizer = await Tokenizer.open(folder);
      for (const [i, text] of expected.texts.entries()) {
        if (ids[i] !== null) assert.deepEqual(tokenizer.tokens(text, { controls: true }), ids[i], text);
      }
    });
  }

  it('converted models of every family say what transformers makes of the files', async () => {
    for (const [family, source] of Object.entries(sources) as [keyof typeof sources, string][]) {
      const { prompt, logits } = expected.families[family];
      const model = await LanguageModel.open(await convert(source));
      const decoder = await Decoder.create(model, undefined);
      const result = (await decoder.read(prompt)).logits;
      const difference = Math.max(...logits.map((logit, i) => Math.abs(logit - result[i])));
      assert.ok(difference < 1e-4 * Math.max(...logits.map(Math.abs)), `${family}: logits differ by ${difference}`);
      await model.dispose();
    }
  });

  it('weights keep their half precision, and everything else becomes float32', async () => {
    const types = async (source: string): Promise<Record<string, string>> => {
      const entries = await readSafetensorsHeader(join(await convert(source), 'model.safetensors'));
      return Object.fromEntries([...entries].map(([name, { dtype }]) => [name, dtype]));
    };
    const qwen2 = await types(sources.qwen2);
    assert.equal(qwen2['model.layers.0.self_attn.q_proj.weight'], 'BF16');
    assert.equal(qwen2['model.layers.0.self_attn.q_proj.bias'], 'F32');
    assert.equal((await types(sources.qwen3))['lm_head.weight'], 'F16');
    assert.deepEqual([...new Set(Object.values(await types(sources.llama)))], ['F32']);
  });

  it('rows and columns that do not fit into one piece come in several, in the same order', async () => {
    const { tensors } = await readGguf(join(fixtures, sources.gpt2));
    for (const name of ['blk.0.ffn_up.weight', 'blk.0.ffn_down.weight', 'token_embd.weight']) {
      const tensor = tensors.get(name) ?? assert.fail(name);
      const file = await open(tensor.file);
      const all = async (layout: GgufLayout, limits?: Limits): Promise<Buffer> => {
        const found: Buffer[] = [];
        // A piece is valid until the next is asked for.
        for await (const piece of pieces({ file, name, tensor }, layout, limits)) found.push(Buffer.from(piece));
        if (limits !== undefined) assert.ok(found.length > 3);
        return Buffer.concat(found);
      };
      const limits = { piece: 900, strip: 1500 };
      for (const kind of ['same', 'transposed'] as const)
        assert.ok((await all({ kind })).equals(await all({ kind }, limits)));
      await file.close();
    }
  });

  it('special tokens, the chat template and byte fallback come from the file', async () => {
    const tokenizer = await Tokenizer.open(await convert(sources.llama));
    assert.equal(tokenizer.beginToken, 1);
    const special = tokenizer.tokens('<unk><s></s><|end|>', { controls: true });
    assert.deepEqual([...tokenizer.specialTokens], special);
    const ids = tokenizer.tokens('the cat\u4e2d<|end|>', { controls: true });
    assert.equal(tokenizer.decode(ids), 'the cat\u4e2d');
    assert.ok(!ids.includes(0), 'an unknown token stands for three bytes');
    const settings = (await readJson(join(await convert(sources.gpt2), 'tokenizer_config.json'))) as object;
    assert.ok('chat_template' in settings && String(settings.chat_template).includes("m['content']"));
  });

  it('what a file leaves out is as llama.cpp has it: tokens of SentencePiece, and how positions are stretched', async () => {
    const file = (await readFile(join(fixtures, sources.llama))).toString('latin1');
    const without = (...names: string[]): Buffer =>
      Buffer.from(
        names.reduce((left, name) => left.replace(`.ggml.${name}_token_id`, `.ggml.${name}_token_no`), file),
        'latin1',
      );
    const path = join(cache, 'without.gguf');
    await writeFile(path, without('bos', 'eos', 'unknown'));
    const watch = { report: () => undefined, signal: new AbortController().signal };
    const tokenizer = await Tokenizer.open(await convertGguf(path, cache, watch));
    assert.deepEqual([tokenizer.beginToken, tokenizer.endToken], [1, 2]);
    assert.deepEqual([...tokenizer.prompt('the')].slice(0, 1), [1]);

    const scaling = (values: Record<string, string | number>): unknown => {
      const named = Object.entries(values).map(([key, value]) => [`llama.${key}`, value] as const);
      return namedScaling(path, new GgufMetadata(path, new Map([...named, ['llama.context_length', 4096]])), 'llama');
    };
    assert.equal(scaling({}), undefined);
    assert.deepEqual(scaling({ 'rope.scaling.factor': 2 }), { rope_type: 'linear', factor: 2 });
    assert.deepEqual(scaling({ 'rope.scale_linear': 4 }), { rope_type: 'linear', factor: 4 });
    assert.equal(scaling({ 'rope.scaling.type': 'none', 'rope.scaling.factor': 4 }), undefined);
    const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 4096 };
    assert.deepEqual(scaling({ 'rope.scaling.type': 'yarn', 'rope.scaling.factor': 4 }), yarn);
    assert.throws(() => scaling({ 'rope.scaling.type': 'longrope' }), /stretches its positions by longrope/);
  });

  it('texts are cut as the named pre-tokenizer does', async () => {
    for (const [name, ids] of Object.entries(expected.vocabularies)) {
      const gguf = await readGguf(join(fixtures, `vocabulary-${name}.gguf`));
      const { definition, settings } = tokenizerFilesOf(gguf, 300);
      await writeFile(join(cache, 'tokenizer.json'), JSON.stringify(definition));
      await writeFile(join(cache, 'tokenizer_config.json'), JSON.stringify(settings));
      const tokenizer = await Tokenizer.open(cache);
      for (const [i, text] of expected.texts.entries()) {
        assert.deepEqual(tokenizer.tokens(text, { controls: true }), ids[i], `${name}: ${text}`);
      }
    }
  });

  it('parts that are missing, renamed or of another model are named', async () => {
    const folder = await mkdtemp(join(cache, 'parts-'));
    const part = (i: number): string => `tiny-qwen3-0000${i}-of-00003.gguf`;
    const place = (from: number, to: string): Promise<void> => copyFile(join(fixtures, part(from)), join(folder, to));
    await place(1, part(1));
    await place(2, part(2));
    await assert.rejects(readGguf(join(folder, part(2))), /00003-of-00003\.gguf does not exist/);
    await place(2, part(3));
    await assert.rejects(readGguf(join(folder, part(1))), /00003-of-00003\.gguf does not say that it is part 3 of 3/);
    await place(3, part(3));
    assert.equal((await readGguf(join(folder, part(2)))).tensors.size, 14);
    await place(1, 'model.gguf');
    await assert.rejects(readGguf(join(folder, 'model.gguf')), /one of 3 parts/);
  });

  it('factors of rotary frequencies give the scaling that they were made from', () => {
    for (const { theta, scaling, factors } of expected.rope) {
      assert.deepEqual(llama3Scaling('x.gguf', Float32Array.from(factors), theta), scaling);
    }
    assert.equal(llama3Scaling('x.gguf', new Float32Array(32).fill(1), 1e4), undefined);
    assert.throws(() => llama3Scaling('x.gguf', Float32Array.of(1, 5, 2, 8), 1e4), /not known/);
  });

  it('is converted once: the same content under another name is found again', async () => {
    const told: Progress[] = [];
    const folder = await convert(sources.gpt2, (progress) => told.push(progress));
    const copy = join(cache, 'copy.gguf');
    await copyFile(join(fixtures, sources.gpt2), copy);
    const again = await convertGguf(copy, cache, {
      report: (progress) => told.push(progress),
      signal: new AbortController().signal,
    });
    assert.equal(again, folder);
    assert.match(basename(folder), /^tiny-gpt2-[0-9a-f]{12}$/);
    const last = told.filter(({ done, total }) => done === total).map(({ stage }) => stage);
    assert.deepEqual(last.slice(-1), ['Reading the model']);
    assert.equal((await readdir(cache)).filter((name) => name.startsWith('.')).length, 0);
  });

  it('a conversion that is stopped leaves nothing behind', async () => {
    const empty = await mkdtemp(join(cache, 'stopped-'));
    const stop = new AbortController();
    const report = ({ stage }: Progress): void => {
      if (stage === 'Converting the model') stop.abort(new Error('stopped'));
    };
    const converted = convertGguf(join(fixtures, sources.llama), empty, { report, signal: stop.signal });
    await assert.rejects(converted, /stopped/);
    assert.deepEqual(await readdir(empty), []);
  });
});

function sha256(values: Float32Array): string {
  return createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex').slice(0, 16);
}

function asFloat32(file: Buffer, { dtype, offset, length }: TensorEntry): Float32Array {
  assert.ok(isFloatType(dtype));
  return toFloat32(dtype, new Uint8Array(file.subarray(offset, offset + length)));
}
