import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdapterStack, scaleOf } from '../../backend/model/adapters/adapter';
import { LanguageModel } from '../../backend/model/language-model';
import type { MergedExpert } from '../../backend/model/merging/deltas';
import { type MergeOptions, writeMergedWeights } from '../../backend/model/merging/model';
import { combine } from '../../backend/model/merging/factors';
import { randomOf } from '../../backend/model/merging/random';
import { mergeRules } from '../../backend/model/merging/methods';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { score } from '../../backend/model/score';
import { openBase } from '../../backend/model/weights/base-model';
import { writeCompanions } from '../../backend/model/weights/companions';
import { readFloatTensors } from '../../backend/model/weights/floats';
import { writeSafetensors } from '../../backend/model/weights/safetensors';
import { fixtureFolder, largestDifference, readFixture } from '../support/fixtures';

const base = join(fixtureFolder, 'tiny-llama');

describe('a model merged from its base and adapters', () => {
  let folder: string;
  let texts: Int32Array[];
  let count = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    const ids = Int32Array.from((await readFixture('adapters.safetensors')).get('ids')?.data ?? [], Number);
    texts = [ids.subarray(0, 9), ids.subarray(9)];
  });

  after(() => rm(folder, { recursive: true, force: true }));

  const load = async (name: string): Promise<AdapterStack> =>
    loadAdapter(join(fixtureFolder, name), (await openBase(base)).config);

  async function merge(
    experts: readonly MergedExpert[],
    options: Partial<MergeOptions> = {},
    from = base,
  ): Promise<string> {
    const to = join(folder, `merged-${++count}`);
    await mkdir(to);
    const watch = { signal: new AbortController().signal, report: () => undefined };
    const given = { dtype: 'F32', watch, ...options } as const;
    const opened = await openBase(from);
    await writeMergedWeights(opened, experts, to, given);
    await writeCompanions(opened, from, to, given.dtype);
    return to;
  }

  async function nats(modelFolder: string, adapter?: AdapterStack): Promise<number[]> {
    const model = await LanguageModel.open(modelFolder);
    const losses = await score(model, texts, adapter);
    await model.dispose();
    return losses.flatMap((own) => [...own]);
  }

  for (const name of ['lora', 'lora-patterns', 'lora-regex', 'lora-rs']) {
    it(`${name}: says what the base model says with the adapter, in each type to its precision`, async () => {
      const adapter = await load(name);
      const expected = await nats(base, adapter);
      const tolerances = { F32: 1e-5, F16: 5e-3, BF16: 5e-2 } as const;
      for (const dtype of ['F32', 'F16', 'BF16'] as const) {
        const merged = await nats(await merge([{ expert: adapter, weight: 1 }], { dtype }));
        assert.ok(largestDifference(merged, expected) < tolerances[dtype], dtype);
      }
    });
  }

  for (const name of ['llama', 'mistral', 'qwen2', 'qwen3', 'gemma3_text', 'granitemoehybrid', 'phi3', 'gpt2']) {
    it(`${name}: whichever way its weights lie`, async () => {
      const from = join(fixtureFolder, 'families', name);
      const adapter = await loadAdapter(join(from, 'lora'), (await openBase(from)).config);
      const merged = await merge([{ expert: adapter, weight: 1 }], {}, from);
      assert.ok(largestDifference(await nats(merged), await nats(from, adapter)) < 1e-5);
      assert.notDeepEqual(await nats(merged), await nats(from));
    });
  }

  it('several: each weight is that of the base and the weighted changes, rounded once', async () => {
    const [first, second] = [await load('lora'), await load('lora-patterns')];
    const parts = [
      { expert: first, weight: 0.3 },
      { expert: second, weight: -1.5 },
    ];
    const name = 'model.layers.1.mlp.down_proj';
    const before = (await readFloatTensors(join(base, 'model.safetensors'))).get(`${name}.weight`) ?? assert.fail();
    const [out, input] = before.shape;
    const expected = Float32Array.from(before.data, (w, at) => {
      const [o, i] = [Math.floor(at / input), at % input];
      const changes = parts.map(({ expert: adapter, weight }) => {
        const module = adapter.modules.find(({ path }) => path === name) ?? assert.fail();
        const [a, b] = ['A', 'B'].map((factor) => adapter.share(`${name}.lora_${factor}`, 0));
        let sum = 0;
        for (let r = 0; r < module.rank; r++) sum += b[o * module.rank + r] * a[r * input + i];
        return weight * scaleOf(module) * sum;
      });
      return w + changes.reduce((x, y) => x + y);
    });
    const merged = await readFloatTensors(join(await merge(parts), 'model.safetensors'));
    const { shape, data } = merged.get(`${name}.weight`) ?? assert.fail();
    assert.deepEqual(shape, [out, input]);
    assert.ok(largestDifference(data, expected) < 1e-6);
    const norm = 'model.norm.weight';
    assert.deepEqual(merged.get(norm), (await readFloatTensors(join(base, 'model.safetensors'))).get(norm));
  });

  it('by a rule that reads and draws: each weight as the rule has it of all changes, whole in memory', async () => {
    const experts = [await load('lora'), await load('lora-patterns')];
    const weights = [0.7, 0.4];
    const parts = experts.map((expert, e) => ({ expert, weight: weights[e] }));
    const name = 'model.layers.1.mlp.down_proj.weight';
    const weightOf = async (folder: string): Promise<Float32Array> =>
      (await readFloatTensors(join(folder, 'model.safetensors'))).get(name)?.data ?? assert.fail();
    const [plain, ...own] = await Promise.all([
      weightOf(base),
      ...experts.map(async (expert) => weightOf(await merge([{ expert, weight: 1 }]))),
    ]);
    const deltas = own.map((values) => values.map((w, i) => w - plain[i]));
    for (const method of ['ties', 'dare-ties'] as const) {
      const rule = mergeRules[method].deltas?.({ density: 0.3, sign: 'total' }) ?? assert.fail();
      const expected = await combine(rule, deltas, weights, (expert) => randomOf(4, expert, name));
      const found = await weightOf(await merge(parts, { rule, seed: 4 }));
      const differing = found.filter((w, i) => Math.abs(w - plain[i] - expected[i]) > 1e-6);
      // Rounding of whole weights may bring another number of two into the largest share.
      assert.ok(differing.length <= 4, `${method}: ${differing.length} of ${found.length}`);
      assert.deepEqual(await weightOf(await merge(parts, { rule, seed: 4 })), found);
      const other = await weightOf(await merge(parts, { rule, seed: 5 }));
      assert.equal(largestDifference(other, found) === 0, method === 'ties');
    }
  });

  it('in several files with an index, it is the same model, and opens as one', async () => {
    const parts = [{ expert: await load('lora'), weight: 1 }];
    const whole = await merge(parts);
    const cut = await merge(parts, { shardBytes: 6000 });
    const files = (await readdir(cut)).filter((file) => file.endsWith('.safetensors')).sort();
    assert.ok(files.length > 2);
    assert.deepEqual(files[0], `model-00001-of-0000${files.length}.safetensors`);
    const together = new Map<string, unknown>();
    for (const file of files)
      for (const [name, tensor] of await readFloatTensors(join(cut, file))) together.set(name, tensor);
    assert.deepEqual(together, await readFloatTensors(join(whole, 'model.safetensors')));
    const index = JSON.parse(await readFile(join(cut, 'model.safetensors.index.json'), 'utf8')) as {
      metadata: { total_size: number };
      weight_map: Record<string, string>;
    };
    assert.deepEqual(new Set(Object.values(index.weight_map)), new Set(files));
    assert.deepEqual(new Set(Object.keys(index.weight_map)), new Set(together.keys()));
    assert.deepEqual(await nats(cut), await nats(whole));
  });

  it('its configuration tells its type; tokenizer, template and licence go with it', async () => {
    const from = join(folder, 'base');
    await cp(base, from, { recursive: true });
    for (const name of ['generation_config.json', 'chat_template.jinja', 'LICENSE', 'README.md', 'pytorch_model.bin']) {
      await writeFile(join(from, name), name);
    }
    const merged = await merge([], { dtype: 'BF16' }, from);
    const expected = [
      'LICENSE',
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
    ];
    assert.deepEqual((await readdir(merged)).sort(), expected);
    const config = JSON.parse(await readFile(join(merged, 'config.json'), 'utf8')) as Record<string, unknown>;
    assert.deepEqual([config.torch_dtype, config.dtype], ['bfloat16', 'bfloat16']);
  });

  it('a weight beyond the range of the type is named, and what no number is in the base model', async () => {
    const adapter = await load('lora');
    const [first] = adapter.modules;
    adapter.share(`${first.path}.lora_A`, 0)[0] = 1e6;
    const parts = [{ expert: adapter, weight: 1 }];
    await assert.rejects(
      merge(parts, { dtype: 'F16' }),
      new RegExp(`merged ${first.path}.weight .* float16 cannot hold`),
    );
    await merge(parts, { dtype: 'BF16' });
    const broken = join(folder, 'broken');
    await cp(base, broken, { recursive: true });
    const tensors = await readFloatTensors(join(base, 'model.safetensors'));
    tensors.get('model.norm.weight')?.data.fill(NaN, 2, 3);
    await writeSafetensors(
      join(broken, 'model.safetensors'),
      [...tensors].map(([name, tensor]) => ({ name, ...tensor })),
    );
    await assert.rejects(merge(parts, {}, broken), /model.norm.weight holds values that are no numbers/);
  });
});
