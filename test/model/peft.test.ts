import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type AdapterStack, stackAdapters } from '../../backend/model/adapters/adapter';
import { Decoder } from '../../backend/model/decoding/decoder';
import { LanguageModel } from '../../backend/model/language-model';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { saveAdapter } from '../../backend/model/adapters/peft/save';
import { score } from '../../backend/model/score';
import { readFloatTensors } from '../../backend/model/weights/floats';
import { type TensorToWrite, writeSafetensors } from '../../backend/model/weights/safetensors';
import { UserError } from '../../backend/base/errors';
import { fixtureFolder, largestDifference, readFixture } from '../support/fixtures';

const adapters = ['lora', 'lora-patterns', 'lora-regex', 'lora-rs'];
const [B, T, V] = [2, 9, 37];

describe('adapters in the format of PEFT', () => {
  let model: LanguageModel;
  let folder: string;
  let texts: Int32Array[];
  let expected: Map<string, Float32Array>;

  before(async () => {
    model = await LanguageModel.open(join(fixtureFolder, 'tiny-llama'));
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    const fixture = await readFixture('adapters.safetensors');
    const ids = Int32Array.from(fixture.get('ids')?.data ?? [], Number);
    texts = Array.from({ length: B }, (_, row) => ids.subarray(row * T, (row + 1) * T));
    expected = new Map([...fixture].map(([name, { data }]) => [name, Float32Array.from(data, Number)]));
  });

  after(async () => {
    await model.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const load = (name: string): Promise<AdapterStack> => loadAdapter(join(fixtureFolder, name), model.config);

  /** Logits [B, T, V] of each expert, read token by token. */
  async function logitsOf(stack: AdapterStack): Promise<Float32Array[]> {
    const all = Array.from({ length: stack.count }, () => new Float32Array(B * T * V));
    for (const [row, text] of texts.entries()) {
      const decoder = await Decoder.create(model, stack);
      for (const [t, token] of text.entries()) {
        const { logits } = await decoder.read([token]);
        all.forEach((own, e) => own.set(logits.subarray(e * V, (e + 1) * V), (row * T + t) * V));
      }
    }
    return all;
  }

  /** Nats of each token after the first, [B, T − 1], from logits [B, T, V]. */
  function nats(logits: Float32Array): number[] {
    return texts.flatMap((text, row) =>
      Array.from(text.subarray(1), (token, t) => {
        const from = (row * T + t) * V;
        const here = logits.subarray(from, from + V);
        return Math.log(here.reduce((sum, logit) => sum + Math.exp(logit), 0)) - here[token];
      }),
    );
  }

  for (const name of adapters) {
    it(`${name}: decoding and scoring agree with PEFT`, async () => {
      const stack = await load(name);
      const logits = expected.get(name) ?? assert.fail(name);
      assert.ok(largestDifference((await logitsOf(stack))[0], logits) < 1e-4);
      const scored = (await score(model, texts, stack)).flatMap((losses) => [...losses]);
      assert.ok(largestDifference(scored, nats(logits)) < 1e-4);
    });

    it(`${name}: saved and read again it is the same to the bit`, async () => {
      const stack = await load(name);
      const copy = join(folder, name);
      await saveAdapter(stack, 0, copy, 'tiny-llama');
      const again = await loadAdapter(copy, model.config);
      assert.deepEqual(again.modules, stack.modules);
      assert.deepEqual(again.parameters.data, stack.parameters.data);
    });
  }

  it('ranks, alphas and layers are what the patterns of the configuration say', async () => {
    const shapes = async (name: string): Promise<string[]> =>
      (await load(name)).modules.map(
        ({ path, rank, alpha }) => `${path.slice('model.layers.'.length)} ${rank} ${alpha}`,
      );
    assert.deepEqual((await shapes('lora-patterns')).slice(0, 4), [
      '0.self_attn.q_proj 2 8',
      '0.self_attn.k_proj 4 3',
      '0.self_attn.v_proj 4 8',
      '0.self_attn.o_proj 4 8',
    ]);
    assert.deepEqual((await shapes('lora-patterns')).slice(-2), ['1.mlp.up_proj 4 5', '1.mlp.down_proj 6 5']);
    assert.deepEqual(await shapes('lora-regex'), [
      '0.self_attn.q_proj 3 5',
      '0.mlp.up_proj 3 5',
      '1.self_attn.q_proj 3 5',
      '1.self_attn.v_proj 3 5',
      '1.mlp.up_proj 3 5',
    ]);
    const alpha = 4 * Math.sqrt(5);
    assert.deepEqual(await shapes('lora-rs'), [`1.self_attn.o_proj 5 ${alpha}`, `1.mlp.down_proj 5 ${alpha}`]);
  });

  it('experts of differing ranks, scales and layers side by side each say what they say alone', async () => {
    const single = await Promise.all(adapters.map(load));
    const stack = stackAdapters(single);
    const together = await logitsOf(stack);
    const scored = await score(model, texts, stack);
    for (const [e, own] of single.entries()) {
      assert.ok(largestDifference(together[e], (await logitsOf(own))[0]) < 1e-5, adapters[e]);
      for (const [i, losses] of (await score(model, texts, own)).entries()) {
        assert.ok(largestDifference(scored[i].subarray(e * (T - 1), (e + 1) * (T - 1)), losses) < 1e-5, adapters[e]);
      }
    }
    const alike = stackAdapters([single[0], single[0]]);
    assert.deepEqual(alike.part(1, 1).parameters.data, single[0].parameters.data);
  });

  describe('that cannot be used as they are', () => {
    /** A copy of the plain adapter with another configuration and other tensors. */
    async function changed(
      config: Readonly<Record<string, unknown>>,
      tensors: (given: TensorToWrite[]) => TensorToWrite[] = (given) => given,
    ): Promise<string> {
      const copy = await mkdtemp(join(folder, 'changed-'));
      await cp(join(fixtureFolder, 'lora'), copy, { recursive: true });
      const path = join(copy, 'adapter_config.json');
      const given = JSON.parse(await readFile(path, 'utf8')) as object;
      await writeFile(path, JSON.stringify({ ...given, ...config }));
      const weights = join(copy, 'adapter_model.safetensors');
      const whole = [...(await readFloatTensors(weights))].map(([name, tensor]) => ({ name, ...tensor }));
      await writeSafetensors(weights, tensors(whole));
      return copy;
    }

    const read = async (...given: Parameters<typeof changed>): Promise<AdapterStack> =>
      loadAdapter(await changed(...given), model.config);

    async function refused(message: RegExp, ...given: Parameters<typeof changed>): Promise<void> {
      await assert.rejects(read(...given), (error) => {
        assert.ok(error instanceof UserError && error.next !== '', String(error));
        assert.match(error.message, message);
        return true;
      });
    }

    const renamed =
      (change: (name: string) => string) =>
      (tensors: TensorToWrite[]): TensorToWrite[] =>
        tensors.map((tensor) => ({ ...tensor, name: change(tensor.name) }));

    it("the adapter's name in the keys, as older versions wrote it, makes no difference", async () => {
      const old = await read(
        {},
        renamed((name) => name.replace('.weight', '.default.weight')),
      );
      assert.deepEqual(old.parameters.data, (await load('lora')).parameters.data);
      const two = renamed((name) =>
        name.replace('0.self_attn.q_proj.lora_A.weight', '0.self_attn.q_proj.lora_A.b.weight'),
      );
      await refused(/several adapters/, {}, two);
    });

    it('what is more than plain LoRA is refused by name', async () => {
      const settings: readonly (readonly [Record<string, unknown>, RegExp])[] = [
        [{ peft_type: 'IA3' }, /a IA3 adapter/],
        [{ peft_type: undefined }, /no adapter of PEFT/],
        [{ use_dora: true }, /DoRA.*use_dora/],
        [{ bias: 'lora_only' }, /biases.*bias/],
        [{ lora_bias: true }, /biases.*lora_bias/],
        [{ modules_to_save: ['lm_head'] }, /modules_to_save/],
        [{ trainable_token_indices: [1, 2] }, /trainable_token_indices/],
        [{ target_parameters: ['experts'] }, /target_parameters/],
        [{ layer_replication: [[0, 2]] }, /layer_replication/],
        [{ alora_invocation_tokens: [7] }, /aLoRA/],
        [{ init_lora_weights: 'pissa_niter_16' }, /changed base weights.*pissa_niter_16/],
        [{ use_novelty: true }, /use_novelty, which this version does not know/],
        [{ r: 0 }, /damaged: r has a value that cannot be used: it must be more than 0/],
        [{ lora_alpha: 'much' }, /damaged: lora_alpha has a value that cannot be used: a number is needed/],
      ];
      for (const [config, message] of settings) await refused(message, config);
      await read({ init_lora_weights: 'gaussian', peft_version: '9.0.0', novelty: 3, exclude_modules: [] });
    });

    it('tensors that would be left out, and factors that are missing or do not fit', async () => {
      const more = (name: string, shape: number[]) => (given: TensorToWrite[]) => [
        ...given,
        { name, shape, data: new Float32Array(shape.reduce((a, b) => a * b)) },
      ];
      const q = 'base_model.model.model.layers.0.self_attn.q_proj';
      const without = (name: string) => (given: TensorToWrite[]) => given.filter((tensor) => tensor.name !== name);
      await refused(/magnitude vector of DoRA/, {}, more(`${q}.lora_magnitude_vector`, [16]));
      await refused(/whole embedding or head/, {}, more('base_model.model.lm_head.weight', [37, 16]));
      await refused(/no factor of a LoRA update/, {}, more('base_model.model.score.weight', [2, 16]));
      await refused(
        /adapts model.layers.7.mlp.down_proj, which/,
        {},
        renamed((name) => name.replace('layers.1', 'layers.7')),
      );
      await refused(/adapts lm_head; layers of the blocks/, {}, (given) =>
        ['A', 'B'].reduce((all, factor) => more(`base_model.model.lm_head.lora_${factor}.weight`, [4, 4])(all), given),
      );
      await refused(
        /only one of the two factors of model.layers.0.self_attn.q_proj/,
        {},
        without(`${q}.lora_B.weight`),
      );
      await refused(/do not fit together/, {}, (given) =>
        given.map((tensor) =>
          tensor.name === `${q}.lora_A.weight`
            ? { ...tensor, shape: [2, 16], data: tensor.data.subarray(0, 32) }
            : tensor,
        ),
      );
      await refused(/is broken: .*q_proj.lora_A.weight holds values that are no numbers/, {}, (given) => {
        given.find(({ name }) => name === `${q}.lora_A.weight`)?.data.fill(NaN, 3, 4);
        return given;
      });
      await refused(/holds no adapter/, {}, () => []);
    });

    it('an adapter of another base model is refused, and the one that it names is told', async () => {
      const other = { ...model.config, feedForwardSize: 32 };
      await assert.rejects(loadAdapter(join(fixtureFolder, 'lora'), other), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /gate_proj of \[24, 16\], which is \[32, 16\] here/);
        assert.match(error.next, /tiny-llama/);
        return true;
      });
    });

    it('a configuration that says something else than the tensors', async () => {
      await refused(/has rank 4 for model.layers.0.self_attn.q_proj, where adapter_config.json says 8/, { r: 8 });
      await refused(/rank 4 .* says 3/, { rank_pattern: { 'layers.1.mlp.up_proj': 3 } });
      await refused(/adapts .*k_proj, which adapter_config.json leaves out/, { target_modules: ['q_proj'] });
      await refused(/has nothing for model.layers.0.*, which adapter_config.json names/, {}, (given) =>
        given.filter(({ name }) => name.includes('layers.1')),
      );
      await read({ target_modules: 'all-linear' });
      await read({ target_modules: null });
    });

    it('patterns that are wrong, or that would be tried for ever, are refused within seconds', async () => {
      const began = performance.now();
      await refused(/pattern that cannot be used/, { target_modules: String.raw`^(([a-z._])+.?)+[A-Z]([a-z])+` });
      await refused(/pattern that cannot be used/, { alpha_pattern: { '(': 3 } });
      assert.ok(performance.now() - began < 5000);
    });

    it('whatever the configuration says: an adapter, or one clear error', async () => {
      const copy = await changed({});
      const path = join(copy, 'adapter_config.json');
      const given = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
      const value = fc.oneof(
        fc.constantFrom(null, true, 0, -1, 1e300, 'none', '(', '.*', ['q_proj'], { q_proj: 4 }, { '.*': 'x' }),
        fc.jsonValue(),
      );
      const field = fc.constantFrom(...Object.keys(given), '__proto__', 'toString');
      await fc.assert(
        fc.asyncProperty(fc.dictionary(field, value, { maxKeys: 3 }), async (config) => {
          await writeFile(path, JSON.stringify({ ...given, ...config }));
          await loadAdapter(copy, model.config).catch((error: unknown) => {
            if (!(error instanceof UserError)) throw error;
          });
        }),
        { numRuns: 300 },
      );
    });

    it('files that other trainers write: wrapped layers, flags in patterns, numbers that are none, MLX', async () => {
      const plain = await load('lora');
      const same = async (place: string): Promise<void> => {
        const stack = await loadAdapter(place, model.config);
        assert.deepEqual(stack.parameters.data, plain.parameters.data);
        assert.deepEqual(stack.modules, plain.modules);
      };
      const rename = (from: RegExp, to: string) => (given: TensorToWrite[]) =>
        given.map((tensor) => ({ ...tensor, name: tensor.name.replace(from, to) }));
      await same(await changed({}, rename(/base_model\.model\./, 'base_model.model._orig_mod.')));
      await same(await changed({}, rename(/base_model\.model\./, 'module.base_model.model.')));
      await same(await changed({}, rename(/(layers\.\d+)\./, '_fsdp_wrapped_module.$1._checkpoint_wrapped_module.')));

      const { target_modules: names } = JSON.parse(
        await readFile(join(fixtureFolder, 'lora', 'adapter_config.json'), 'utf8'),
      ) as { target_modules: string[] };
      const loud = names.map((name) => name.toUpperCase()).join(' | ');
      await same(await changed({ target_modules: String.raw`(?i).*\.(${loud.replaceAll(' ', '')})` }));
      await same(await changed({ target_modules: `(?ix) .*\\. ( ${loud} ) # the layers\n` }));

      const unclear = await changed({ lora_dropout: 0.5 });
      const path = join(unclear, 'adapter_config.json');
      await writeFile(path, (await readFile(path, 'utf8')).replace('0.5', 'NaN'));
      await same(unclear);

      const mlx = await changed({});
      await rm(join(mlx, 'adapter_model.safetensors'));
      const [{ rank, alpha }] = plain.modules;
      const tensors = plain.parameters.places.map(({ name, shape: [, rows, columns] }) => {
        const data = plain.share(name, 0);
        const turned = data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
        return { name: name.replace(/[AB]$/, (letter) => letter.toLowerCase()), shape: [columns, rows], data: turned };
      });
      await writeSafetensors(join(mlx, 'adapters.safetensors'), tensors);
      const config = {
        fine_tune_type: 'lora',
        num_layers: 2,
        lora_parameters: { rank, scale: alpha / rank, dropout: 0 },
      };
      await writeFile(join(mlx, 'adapter_config.json'), JSON.stringify(config));
      await same(mlx);
      await writeFile(join(mlx, 'adapter_config.json'), JSON.stringify({ ...config, fine_tune_type: 'dora' }));
      await assert.rejects(loadAdapter(mlx, model.config), /is of MLX, and trained by dora/);
    });

    it('files that are missing, pickled, huge or no adapter at all', async () => {
      const copy = await changed({});
      await rm(join(copy, 'adapter_model.safetensors'));
      await assert.rejects(loadAdapter(copy, model.config), /has no adapter_model.safetensors/);
      await writeFile(join(copy, 'adapter_model.bin'), '');
      await assert.rejects(loadAdapter(copy, model.config), /can run code/);
      await writeFile(join(copy, 'adapter_config.json'), '[]');
      await assert.rejects(loadAdapter(copy, model.config), /configures no adapter/);
      await writeFile(join(copy, 'adapter_config.json'), ' '.repeat(2 ** 23 + 1));
      await assert.rejects(loadAdapter(copy, model.config), /has 8388609 bytes/);
    });
  });
});
