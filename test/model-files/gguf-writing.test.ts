import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../backend/base/errors';
import { createAdapters, defaultLora } from '../../backend/model/adapters/adapter';
import { mergedTensors } from '../../backend/model/merging/model';
import { Tokenizer } from '../../backend/model/tokenizer/tokenizer';
import { type BaseModel, openBase } from '../../backend/model/weights/base-model';
import { readFloatTensors, toFloat32 } from '../../backend/model/weights/floats';
import { convertGguf } from '../../backend/model-files/gguf/convert';
import { dequantize } from '../../backend/model-files/gguf/dequantize';
import { readGguf } from '../../backend/model-files/gguf/header';
import { quantize, type WrittenType } from '../../backend/model-files/gguf/quantize';
import { writeGgufAdapter } from '../../backend/model-files/gguf/writing/adapter';
import { writeGgufModel } from '../../backend/model-files/gguf/writing/model';
import type { Rows } from '../../backend/model-files/gguf/writing/tensors';
import { fixtureFolder, largestDifference } from '../support/fixtures';

const watch = { report: (): void => undefined, signal: new AbortController().signal };
const text = 'The cat  sat there,\n\n12345 <|user|>café 😀';

describe('GGUF files that are written', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  const rowsOf = (base: BaseModel): ((name: string) => Rows) => {
    const tensors = mergedTensors(base, [], { dtype: 'F32', watch });
    return async function* (name) {
      for await (const bytes of tensors(name)) yield toFloat32('F32', bytes);
    };
  };

  async function write(from: string, name: string, type: WrittenType): Promise<string> {
    const base = await openBase(from);
    const path = join(folder, `${name}-${type}.gguf`);
    const origin = { 'polymath.run': 'r1' };
    await writeGgufModel(path, { base, folder: from, name, type, rows: rowsOf(base), origin });
    return path;
  }

  const weights = async (from: string): Promise<Record<string, Float32Array>> =>
    Object.fromEntries(
      [...(await readFloatTensors(join(from, 'model.safetensors')))].map(([name, { data }]) => [name, data]),
    );

  for (const name of ['tiny-llama', 'tiny-qwen2', 'tiny-qwen3-00001-of-00003', 'tiny-gemma3', 'tiny-gpt2']) {
    it(`${name}: what is read of the file is what was written, weights, settings and tokenizer`, async () => {
      const from = await convertGguf(join('test/fixtures/gguf', `${name}.gguf`), folder, watch);
      const back = await convertGguf(await write(from, name, 'F32'), folder, watch);
      assert.notEqual(back, from);
      assert.deepEqual(await weights(back), await weights(from));
      assert.deepEqual((await openBase(back)).config, (await openBase(from)).config);
      const [one, other] = [await Tokenizer.open(from), await Tokenizer.open(back)];
      assert.deepEqual(other.prompt(text), one.prompt(text));
      assert.deepEqual(other.tokens(text, { controls: true }), one.tokens(text, { controls: true }));
      assert.deepEqual(other.endTokens, one.endTokens);
      const template = async (at: string): Promise<unknown> =>
        (JSON.parse(await readFile(join(at, 'tokenizer_config.json'), 'utf8')) as Record<string, unknown>)
          .chat_template;
      assert.equal(await template(back), await template(from));
    });
  }

  it('families that differ from Llama by their settings alone', async () => {
    const llama = await convertGguf('test/fixtures/gguf/tiny-llama.gguf', folder, watch);
    const given = JSON.parse(await readFile(join(llama, 'config.json'), 'utf8')) as object;
    const scales = {
      embedding_multiplier: 12,
      residual_multiplier: 0.22,
      attention_multiplier: 0.05,
      logits_scaling: 6,
    };
    for (const own of [
      { model_type: 'granite', ...scales },
      { model_type: 'smollm3', no_rope_layers: [1, 1] },
    ]) {
      const from = join(folder, own.model_type);
      await cp(llama, from, { recursive: true });
      await writeFile(join(from, 'config.json'), JSON.stringify({ ...given, ...own }));
      const back = await convertGguf(await write(from, own.model_type, 'F32'), folder, watch);
      assert.deepEqual((await openBase(back)).config, (await openBase(from)).config);
      assert.deepEqual(await weights(back), await weights(from));
    }
  });

  it("the bundled model's in half precision and fewer bits", async () => {
    const { tensors, metadata } = await readGguf(await write('models/polymath-base', 'base', 'Q4_0'));
    assert.equal(metadata.string('polymath.run'), 'r1');
    const types = Object.fromEntries([...tensors].map(([tensor, { type }]) => [tensor, type.name]));
    // A tied head is what decides words.
    assert.deepEqual(
      ['token_embd', 'blk.0.attn_q', 'blk.0.attn_norm'].map((tensor) => types[`${tensor}.weight`]),
      ['Q8_0', 'Q4_0', 'F32'],
    );
    for (const type of ['F16', 'BF16', 'Q8_0'] as const) {
      const back = await convertGguf(await write('models/polymath-base', 'base', type), folder, watch);
      const [one, other] = [await weights('models/polymath-base'), await weights(back)];
      for (const [tensor, values] of Object.entries(one)) {
        const spread = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        assert.ok(largestDifference(values, other[tensor]) <= 0.005 * spread, `${type} ${tensor}`);
      }
    }
  });

  it('blocks are rounded as little as their bits allow', () => {
    const values = Float32Array.from({ length: 320 }, (_, i) => Math.sin(i * i) * 10 ** (((i >> 5) % 4) - 1));
    for (const [type, steps] of [
      ['Q8_0', 127],
      ['Q4_0', 8],
    ] as const) {
      const found = new Float32Array(values.length);
      dequantize[type](quantize[type](values), found);
      for (let at = 0; at < values.length; at += 32) {
        const block = values.subarray(at, at + 32);
        const most = Math.max(...block.map(Math.abs));
        block.forEach((value, i) => {
          // Of the larger side of four bits the last step is missing.
          const allowed = type === 'Q4_0' ? 1.02 : 0.57;
          assert.ok(Math.abs(found[at + i] - value) <= (allowed * most) / steps, `${type}: ${value}`);
        });
      }
    }
  });

  it('adapters: factors under the names of their layers, those of turned rows in the order of the file', async () => {
    const from = await convertGguf('test/fixtures/gguf/tiny-llama.gguf', folder, watch);
    const { config } = await openBase(from);
    const stack = createAdapters(config, defaultLora, { count: 1, seed: 1 });
    const path = 'model.layers.0.self_attn.q_proj';
    const { rank, alpha } = stack.modules[0];
    stack.parameters.view(`${path}.lora_B`).forEach((_, i, all) => (all[i] = Math.floor(i / rank)));
    await writeGgufAdapter(join(folder, 'adapter.gguf'), stack, 'adapter', {});
    const { metadata, tensors, files } = await readGguf(join(folder, 'adapter.gguf'));
    assert.equal(metadata.number('adapter.lora.alpha'), alpha);
    assert.equal(tensors.size, 2 * stack.modules.length);
    const { offset, length, shape } = tensors.get('blk.0.attn_q.weight.lora_b') ?? assert.fail();
    assert.deepEqual(shape, [32, rank]);
    const bytes = new Uint8Array((await readFile(files[0])).subarray(offset, offset + length));
    const rows = toFloat32('F32', bytes).filter((_, i) => i % rank === 0);
    assert.deepEqual([...rows.subarray(0, 10)], [0, 4, 1, 5, 2, 6, 3, 7, 8, 12]);
  });

  it('what llama.cpp does not compute, or has no name for, is refused by name', async () => {
    const refused: readonly [string, RegExp][] = [
      ['llama', /bias of q_proj/],
      ['qwen2', /sliding window/],
      ['gemma3_text', /another order of windows/],
      ['gpt2', /scale of scores by layer/],
      ['smollm3', /another order of layers that do not turn/],
      ['granite', /bias of q_proj/],
      ['phi3', /models of the family phi3/],
    ];
    for (const [name, message] of refused) {
      await assert.rejects(
        write(join(fixtureFolder, 'families', name), name, 'F32'),
        (error) => error instanceof UserError && message.test(error.message),
        name,
      );
    }
  });
});
