import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelConfig, readConfig, toHuggingFace } from '../../backend/model/architectures/config';
import { ropeFrequencies, ropeTables } from '../../backend/model/architectures/rope';
import { UserError } from '../../backend/base/errors';
import { fixtureFolder, largestDifference } from '../support/fixtures';

type Json = Readonly<Record<string, unknown>>;

interface Fixture {
  readonly defaults: Readonly<Record<string, Json>>;
  readonly rope: readonly { parameters: Json; frequencies: number[]; scale: number }[];
}

describe('configurations of models', () => {
  let folder: string;
  let path: string;
  let fixture: Fixture;

  const read = async (json: unknown): Promise<ModelConfig> => {
    await writeFile(path, JSON.stringify(json));
    return readConfig(path);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-config-'));
    path = join(folder, 'config.json');
    fixture = JSON.parse(await readFile(join(fixtureFolder, 'families/families.json'), 'utf8')) as Fixture;
  });

  after(() => rm(folder, { recursive: true }));

  it('what is left out is as the configuration classes of transformers have it', async () => {
    for (const [model_type, defaults] of Object.entries(fixture.defaults)) {
      const written = toHuggingFace(await read({ model_type }));
      for (const [field, value] of Object.entries(defaults))
        assert.deepEqual(written[field], value, `${model_type} ${field}`);
    }
  });

  it('what is written is read again as it was', async () => {
    for (const name of [...Object.keys(fixture.defaults), 'granitemoehybrid']) {
      const config = await readConfig(join(fixtureFolder, 'families', name, 'config.json'));
      assert.deepEqual(await read(toHuggingFace(config)), config, name);
    }
  });

  it('rotary frequencies of every kind of scaling are those of transformers, in the old keys and the new', async () => {
    for (const { parameters, frequencies, scale } of fixture.rope) {
      const base = { model_type: 'llama', head_dim: 16, max_position_embeddings: 4096 };
      const { rope_theta, rope_type, ...rest } = parameters;
      const old = { ...base, rope_theta, rope_scaling: { type: rope_type, ...rest } };
      for (const json of [{ ...base, rope_parameters: parameters }, old]) {
        const { rope } = await read(json);
        assert.ok(rope !== undefined);
        const found = ropeFrequencies(rope, 16);
        found.forEach((frequency, i) => {
          assert.ok(Math.abs(frequency / frequencies[i] - 1) < 1e-6, `${JSON.stringify(parameters)}: pair ${i}`);
        });
        const { cos } = ropeTables(rope, 16, 2);
        assert.ok(
          largestDifference(
            cos.subarray(8),
            frequencies.map((f) => scale * Math.cos(f)),
          ) < 1e-6,
        );
      }
    }
  });

  it('windows of Qwen stand in the upper layers, or where layer_types has them, and only where they are used', async () => {
    const qwen = { model_type: 'qwen2', num_hidden_layers: 3, sliding_window: 8 };
    const types = ['sliding_attention', 'full_attention', 'sliding_attention'];
    assert.equal((await read(qwen)).slidingWindow, undefined);
    const used = { ...qwen, use_sliding_window: true, max_window_layers: 2 };
    assert.deepEqual((await read(used)).slidingWindow, { size: 8, layers: [2] });
    assert.deepEqual((await read({ ...used, layer_types: types })).slidingWindow, { size: 8, layers: [0, 2] });
    assert.equal((await read({ model_type: 'mistral', sliding_window: null })).slidingWindow, undefined);
  });

  it('a setting that is not computed is refused by its name', async () => {
    const refused: readonly [string, Json][] = [
      ['hidden_act', { model_type: 'llama', hidden_act: 'relu2' }],
      ['hidden_act', { model_type: 'llama', hidden_act: 'toString' }],
      ['partial_rotary_factor', { model_type: 'llama', partial_rotary_factor: 0.5 }],
      ['rotary', { model_type: 'phi3', rope_scaling: { type: 'longrope', long_factor: [1], short_factor: [1] } }],
      ['no_rope_layers', { model_type: 'smollm3', no_rope_layers: [1, 0] }],
      ['sliding_window', { model_type: 'smollm3', use_sliding_window: true, sliding_window: 8 }],
      ['layer_types', { model_type: 'granitemoehybrid', layer_types: ['mamba'] }],
      ['num_local_experts', { model_type: 'granitemoehybrid', num_hidden_layers: 1, layer_types: ['attention'] }],
      ['lfm2', { model_type: 'lfm2' }],
      ['mrope', { model_type: 'qwen2', rope_scaling: { type: 'mrope', mrope_section: [2, 3, 3] } }],
      ['rope_parameters', { model_type: 'qwen3', rope_parameters: { full_attention: { rope_theta: 1e6 } } }],
      ['factor', { model_type: 'llama', rope_scaling: { type: 'linear' } }],
      ['sliding_window', { model_type: 'llama', sliding_window: 4096 }],
      ['layer_types', { model_type: 'qwen3', layer_types: ['full_attention'] }],
      ['layer_types', { model_type: 'qwen3', num_hidden_layers: 1, layer_types: ['linear_attention'] }],
      ['layer_types', { model_type: 'qwen3', num_hidden_layers: 1, layer_types: ['sliding_attention'] }],
      ['quantization_config', { model_type: 'llama', quantization_config: { quant_method: 'awq' } }],
      ['final_logit_softcapping', { model_type: 'gemma3_text', final_logit_softcapping: 30 }],
      ['use_bidirectional_attention', { model_type: 'gemma3_text', use_bidirectional_attention: true }],
      [
        'rope_parameters',
        { model_type: 'gemma3_text', rope_parameters: { sliding_attention: { type: 'linear', factor: 2 } } },
      ],
      ['activation_function', { model_type: 'gpt2', activation_function: 'gelu' }],
      ['add_cross_attention', { model_type: 'gpt2', add_cross_attention: true }],
      ['scale_attn_weights', { model_type: 'gpt2', scale_attn_weights: false }],
      ['heads', { model_type: 'llama', num_attention_heads: 7 }],
      ['hidden_size', { model_type: 'llama', hidden_size: -1 }],
      ['mixtral', { model_type: 'mixtral' }],
      ['model_type', {}],
    ];
    for (const [named, json] of refused) {
      await assert.rejects(read(json), (error) => error instanceof UserError && error.message.includes(named), named);
    }
    await assert.rejects(read([]), UserError);
    await assert.rejects(read('model'), UserError);
  });
});
