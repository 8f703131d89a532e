import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { command } from '../support/command-line';
import { generatedCorpus } from '../support/corpus';
import { polymath } from '../support/program';

describe('mistakes that a user can make', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function refused(message: RegExp, ...args: string[]): Promise<void> {
    const { code, err } = await command(folder, ...args);
    assert.equal(code, 1, err);
    assert.match(err, message);
    assert.doesNotMatch(err, /defect|at .*\.js:/, err);
  }

  it('a missing file, a folder without the files, an empty file', async () => {
    await refused(/nowhere\.jsonl/, 'split', 'nowhere.jsonl');
    await mkdir(join(folder, 'empty'));
    await refused(/empty/, 'split', 'empty');
    await writeFile(join(folder, 'empty.jsonl'), '');
    await refused(/empty\.jsonl/, 'split', 'empty.jsonl');
  });

  it('bad lines are named and left out, the rest goes on', async () => {
    const good = generatedCorpus(40);
    const invalid = Buffer.concat([Buffer.from('{"text":"caf'), Buffer.from([0xe9]), Buffer.from('"}\n')]);
    const bad = Buffer.concat([Buffer.from('{"text": broken\n{"text":"   "}\n'), invalid]);
    await writeFile(join(folder, 'bad.jsonl'), Buffer.concat([Buffer.from(good), bad]));
    const { code, err } = await command(folder, 'split', 'unigram', 'bad.jsonl', '--k', '2');
    assert.equal(code, 0, err);
    assert.match(err, /bad\.jsonl, line 41/);
    assert.match(err, /line 42/);
    assert.match(err, /line 43: .*UTF-8/);
    assert.match(err, /3 lines were left out/);
  });

  it('more piles than documents, and impossible options', async () => {
    await writeFile(join(folder, 'small.jsonl'), generatedCorpus(12));
    await refused(/cannot fill 50 piles/, 'split', 'small.jsonl', '--k', '50');
    // In a process of its own: this is its exit code.
    const { code, err } = await polymath(folder, 'split', 'small.jsonl', '--k', 'many');
    assert.equal(code, 2);
    assert.match(err, /whole number/);
  });

  it('one huge document is read whole and cut for the model', async () => {
    const huge = JSON.stringify({ id: 'huge', text: 'the tide and the mast '.repeat(50_000) });
    await writeFile(join(folder, 'huge.jsonl'), `${generatedCorpus(30)}${huge}\n`);
    const { code, err } = await command(folder, 'split', 'huge.jsonl', '--k', '3', '--prefix', '16', '--rounds', '1');
    assert.equal(code, 0, err);
  });

  it('steps out of order, and a truncated or foreign model', async () => {
    await refused(/polymath split/, 'train', '--project', 'none');
    await refused(/has 5 layers, not 9/, 'train', '--layers', '9');
    await refused(/no project in/, 'ask', 'hello', '--project', 'none');
    await refused(/Run `polymath train` first/, 'ask', 'hello');
    await writeFile(join(folder, 'ask.yaml'), 'temperature: 11\n');
    await refused(/--temperature has a value that cannot be used/, 'ask', 'hello', '--config', 'ask.yaml');
    await writeFile(join(folder, 'few.jsonl'), generatedCorpus(12));
    const split = ['split', 'few.jsonl', '--k', '2', '--project', 'models', '--model'];
    await refused(/There is no model nowhere/, ...split, 'nowhere');
    await refused(/polymath models pull org\/name/, ...split, 'org/name');
    await cp(resolve('models/polymath-base'), join(folder, 'cut'), { recursive: true });
    await truncate(join(folder, 'cut', 'model.safetensors'), 100_000);
    await refused(/not a whole safetensors file/, ...split, 'cut');
    await writeFile(join(folder, 'cut', 'config.json'), '{"model_type": "mamba"}');
    await refused(/describes a mamba model/, ...split, 'cut');
  });

  it('texts that are all alike are split and learned from; what needs an empty side says so at once', async () => {
    const alike = (i: number): string =>
      `${JSON.stringify({ text: `Explain number ${i} please, in detail and at length, to me.` })}\n`;
    await writeFile(join(folder, 'alike.jsonl'), Array.from({ length: 12 }, (_, i) => alike(i)).join(''));
    const imported = await command(folder, 'import', 'alike.jsonl');
    assert.equal(imported.code, 0, imported.err);
    assert.match(imported.out, /12 documents \(train 12, validation 0, test 0\)/);
    assert.match(imported.err, /Warning: .* 1 different text cannot fill all sides/);
    for (const args of [
      ['split', 'random', 'alike.jsonl', '--k', '2'],
      ['train', '--tokens', '200', '--rank', '1'],
    ]) {
      const { code, err } = await command(folder, ...args);
      assert.equal(code, 0, err);
    }
    const none = (use: string, side: string): RegExp =>
      new RegExp(`^${use} ${side} documents, and alike has none`, 'm');
    await refused(none('A mixer is fitted on', 'validation'), 'mix');
    await refused(none('Experts are judged on', 'test'), 'evaluate');
    await refused(none('Systems are compared on', 'test'), 'run', '--data', 'alike.jsonl');
    await refused(/no file of settings .*polymath run --data alike.jsonl/s, 'run', 'alike.jsonl');
    await refused(none('The number of piles is chosen on', 'validation'), 'choose-k', 'unigram', 'alike.jsonl');
    await refused(
      none('What a split is worth .--quick-experts. is measured on', 'validation'),
      'split',
      'random',
      '--quick-experts',
      '50',
    );
    await refused(none('A learning rate .--search-rate. is searched for on', 'validation'), 'train', '--search-rate');
  });
});
