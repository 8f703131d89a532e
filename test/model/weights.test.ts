import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { readFloatTensors } from '../../backend/model/weights/floats';
import { type TensorToWrite, writeSafetensors } from '../../backend/model/weights/safetensors';
import { UserError } from '../../backend/base/errors';
import { fixtureFolder } from '../support/fixtures';

const text = Int32Array.of(0, 5, 9, 2, 7);
const single = 'model.safetensors';
const index = 'model.safetensors.index.json';
const shards = [1, 2, 3].map((i) => `model-0000${i}-of-00003.safetensors`);

async function read(folder: string): Promise<number[]> {
  const model = await LanguageModel.open(folder);
  const [nll] = await score(model, [text]);
  await model.dispose();
  return [...nll];
}

describe('the weights of a model folder', () => {
  let folder: string;

  /** A copy of a family's fixture. */
  async function copy(name: string): Promise<string> {
    const to = await mkdtemp(join(folder, `${name}-`));
    await cp(join(fixtureFolder, 'families', name), to, { recursive: true });
    return to;
  }

  async function rewrite(model: string, change: (tensors: TensorToWrite[]) => TensorToWrite[]): Promise<void> {
    const tensors = [...(await readFloatTensors(join(model, single)))].map(([name, rest]) => ({ name, ...rest }));
    await writeSafetensors(join(model, single), change(tensors));
  }

  const refused = (model: string, ...parts: string[]): Promise<void> =>
    assert.rejects(LanguageModel.open(model), (error) => {
      assert.ok(error instanceof UserError, String(error));
      for (const part of parts) assert.ok(error.message.includes(part), `${error.message} does not name ${part}`);
      return true;
    });

  before(async () => (folder = await mkdtemp(join(tmpdir(), 'polymath-weights-'))));
  after(() => rm(folder, { recursive: true }));

  it('names may lack the prefix, and tied heads may be there', async () => {
    const model = await copy('gpt2');
    const expected = await read(model);
    await rewrite(model, (tensors) => [
      ...tensors
        .filter(({ name }) => !name.endsWith('.attn.bias'))
        .map((tensor) => ({ ...tensor, name: `transformer.${tensor.name}` })),
      ...tensors.filter(({ name }) => name === 'wte.weight').map((tensor) => ({ ...tensor, name: 'lm_head.weight' })),
    ]);
    assert.deepEqual(await read(model), expected);
    // A head that differs from the table that it is said to be is a head.
    await rewrite(model, (tensors) =>
      tensors.map((tensor) =>
        tensor.name === 'lm_head.weight' ? { ...tensor, data: tensor.data.map((x) => -x) } : tensor,
      ),
    );
    assert.notDeepEqual(await read(model), expected);
  });

  it('shards that do not fit each other are refused', async () => {
    const missing = await copy('mistral');
    await rm(join(missing, shards[0]));
    await rm(join(missing, shards[2]));
    await refused(missing, shards[0], shards[2]);

    const twice = await copy('mistral');
    await cp(join(twice, shards[0]), join(twice, shards[1]));
    await refused(twice, shards[0], shards[1], ' is in ');

    const elsewhere = await copy('mistral');
    const json = JSON.parse(await readFile(join(elsewhere, index), 'utf8')) as { weight_map: Record<string, string> };
    [json.weight_map['lm_head.weight']] = shards;
    await writeFile(join(elsewhere, index), JSON.stringify(json));
    await refused(elsewhere, 'lm_head.weight', shards[0]);
  });

  it('an index cannot lead out of its folder', async () => {
    const model = await copy('mistral');
    await writeFile(join(folder, 'outside.safetensors'), '');
    const names = ['../outside.safetensors', join(folder, 'outside.safetensors'), 'a/../../outside.safetensors'];
    for (const name of [...names, '..\\outside.safetensors', 'C:outside.safetensors', 'outside', '.', '']) {
      await writeFile(join(model, index), JSON.stringify({ weight_map: { 'lm_head.weight': name } }));
      await refused(model, JSON.stringify(name));
    }
    for (const broken of [
      '{',
      '[]',
      '{"weight_map": {}}',
      '{"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}}',
    ]) {
      await writeFile(join(model, index), broken);
      await refused(model, index);
    }
  });

  it('weights that are missing, misshapen, of another type or left over in a layer are named', async () => {
    const norm = 'h.1.ln_2.weight';
    const change = async (edit: (tensor: TensorToWrite) => TensorToWrite[]): Promise<string> => {
      const model = await copy('gpt2');
      await rewrite(model, (tensors) => tensors.flatMap((tensor) => (tensor.name === norm ? edit(tensor) : [tensor])));
      return model;
    };
    await refused(await change(() => []), `transformer.${norm} is missing`);
    await refused(
      await change((t) => [{ ...t, shape: [8], data: t.data.subarray(8) }]),
      `transformer.${norm} is [8], not [16]`,
    );
    await refused(await change((t) => [t, { ...t, name: 'h.1.attn.k_norm.weight' }]), 'h.1.attn.k_norm.weight');
    assert.ok(await LanguageModel.open(await change((t) => [t, { ...t, name: 'v_head.weight' }])));

    const integers = await copy('gpt2');
    const bytes = await readFile(join(integers, single));
    await writeFile(
      join(integers, single),
      bytes.toString('latin1').replace(`"${norm}":{"dtype":"F32"`, `"${norm}":{"dtype":"I32"`),
      'latin1',
    );
    await refused(integers, 'I32', norm);

    const pickled = await copy('gpt2');
    await rename(join(pickled, single), join(pickled, 'pytorch_model.bin'));
    await refused(pickled, 'pytorch_model.bin');
  });
});
