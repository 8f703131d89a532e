import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../support/command-line';
import { generatedCorpus } from '../support/corpus';
import { polymath, says, start } from '../support/program';
import { copyOfTrainedProject, trainedProject } from '../support/trained-project';

interface SplitJson {
  readonly sizes: number[];
  readonly shares: number[];
  readonly seconds: number;
  readonly nmi: number;
  readonly ari: number;
  readonly purity: number;
}

describe('commands that train experts and use them', () => {
  let folder: string;

  before(async () => {
    folder = await copyOfTrainedProject();
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('splits, trains, mixes, evaluates and asks, each step from the one before', async () => {
    const { split } = await trainedProject();
    const figures = JSON.parse(split) as SplitJson;
    assert.equal(
      figures.sizes.reduce((a, b) => a + b, 0),
      120,
    );
    assert.ok(figures.nmi > 0.9 && figures.ari > 0.9 && figures.purity > 0.9, split);
    assert.ok(figures.seconds > 0);

    const evaluated = await command(folder, 'evaluate', '--json');
    assert.equal(evaluated.code, 0, evaluated.err);
    const { systems } = JSON.parse(evaluated.out) as { systems: { name: string; macro: number }[] };
    const macro = (name: string): number => systems.find((system) => system.name === name)?.macro ?? assert.fail(name);
    assert.ok(macro('Mixture') < 0.8 * macro('Base model'), evaluated.out);
    assert.ok(macro('Mixture') < Math.min(...systems.filter((s) => s.name.startsWith('Expert')).map((s) => s.macro)));

    const runs = await command(folder, 'runs');
    for (const kind of ['split', 'train', 'mix', 'evaluate']) assert.match(runs.out, new RegExp(`${kind} +done`));

    const ask = ['ask', 'the captain', '--max-tokens', '12', '--seed', '7', '--json'];
    const [first, second] = [await command(folder, ...ask), await polymath(folder, ...ask)];
    assert.equal(first.code, 0, first.err);
    assert.equal(first.out, second.out);
    const answer = JSON.parse(first.out) as { text: string; tokens: { weights: number[] }[] };
    assert.ok(answer.tokens.length > 0 && answer.text.length > 0);
    for (const { weights } of answer.tokens) assert.ok(Math.abs(weights.reduce((a, b) => a + b) - 1) < 1e-9);

    await writeFile(join(folder, 'ask.yaml'), 'max-tokens: 12\nseed: 8\n');
    const byFile = await command(folder, 'ask', 'the captain', '--config', 'ask.yaml', '--seed', '7', '--json');
    assert.equal(byFile.out, first.out, byFile.err);
    const stopped = await command(folder, 'ask', 'the captain', '--max-tokens', '40', '--seed', '7', '--stop', ' ');
    assert.equal(stopped.code, 0, stopped.err);
    assert.doesNotMatch(stopped.out, /‹A›|the captain/);
    const piped = await command(folder, 'ask', 'the captain', '--max-tokens', '12', '--seed', '7');
    assert.equal(piped.out, `${answer.text}\n`, 'into a pipe goes the text alone');
  });

  it('adapters that went out as files come in elsewhere as experts, and merge into a model of their own', async () => {
    const elsewhere = ['--project', 'elsewhere'];
    const exported = await command(folder, 'export', 'experts', '--to', 'before');
    assert.equal(exported.code, 0, exported.err);
    const told = ['before', '--name', 'Travellers', '--json'];
    const imported = await command(folder, 'experts', 'import', ...told, ...elsewhere);
    assert.equal(imported.code, 0, imported.err);
    const { id, experts } = JSON.parse(imported.out) as { id: string; experts: { letter: string }[] };
    assert.deepEqual(
      experts.map(({ letter }) => letter),
      ['A', 'B', 'C'],
    );
    assert.match((await command(folder, 'experts', ...elsewhere)).out, new RegExp(`${id} +Travellers +3 +rank 8`));
    assert.match((await command(folder, 'experts', id, ...elsewhere)).out, /A +A +8 +16 +35: q_proj/);
    const merge = ['merge', 'a', 'C', '--weights', '0.7,0.3', '--to', 'merged', ...elsewhere];
    const merged = await command(folder, ...merge);
    assert.equal(merged.code, 0, merged.err);
    assert.match(merged.out, /the base model \+ 0\.7 × A \+ 0\.3 × C, in float16/);
    await writeFile(join(folder, 'merge.yaml'), 'weights: { b: 0.25 }\ndtype: bfloat16\n');
    const byFile = ['merge', '--config', 'merge.yaml', '--to', 'filed', ...elsewhere];
    assert.match((await command(folder, ...byFile)).out, /the base model \+ 0\.25 × B, in bfloat16/);
    assert.match((await command(folder, ...byFile, 'A')).err, /^The file of settings says .*\nLeave out the letters/);
    const again = await command(folder, ...merge);
    assert.equal(again.code, 1);
    assert.match(again.err, /merged is there already/);
    const toFile = (path: string, ...words: string[]): ReturnType<typeof command> =>
      command(folder, 'merge', 'a', '--to', path, ...words, ...elsewhere);
    const quantized = await toFile('small.gguf', '--dtype', 'q8_0');
    assert.match(quantized.out, /small\.gguf: the base model \+ 1 × A, in q8_0/, quantized.err);
    assert.match(await readFile(join(folder, 'small.Modelfile'), 'utf8'), /^FROM \.\/small\.gguf\n/);
    const inspected = await command(folder, 'models', 'inspect', 'small.gguf', '--json');
    assert.equal((JSON.parse(inspected.out) as { family: string }).family, 'qwen3', inspected.err);
    assert.match((await toFile('small.gguf')).err, /small\.gguf is there already/);
    assert.match((await toFile('small', '--dtype', 'q8_0')).err, /in GGUF files alone\.\n.*ends with \.gguf/);
    const adapter = await toFile('adapter.gguf', '--on', 'factors', '--as', 'adapter');
    assert.match(adapter.out, /an adapter on the base model/, adapter.err);
    assert.match(await readFile(join(folder, 'adapter.Modelfile'), 'utf8'), /\nADAPTER \.\/adapter\.gguf\n/);
    assert.equal((await command(folder, 'experts', id, '--remove', ...elsewhere)).code, 0);
  });

  it('gives new documents to the experts that predict them, and begins a split with these', async () => {
    const set = JSON.parse((await command(folder, 'experts', '--json')).out) as { items: { id: string }[] };
    const [{ id }] = set.items;
    await writeFile(join(folder, 'new.jsonl'), generatedCorpus(210).trim().split('\n').slice(150).join('\n'));
    const on = (...words: string[]): ReturnType<typeof command> => command(folder, 'split', 'new.jsonl', ...words);
    type Assigned = SplitJson & { readonly settings: { readonly rounds: number; readonly start?: string } };
    const given = await on('--experts', id, '--keep', '--prefix', '32', '--json');
    assert.equal(given.code, 0, given.err);
    const assigned = JSON.parse(given.out) as Assigned;
    assert.ok(assigned.nmi > 0.9 && assigned.sizes.length === 3, given.out);
    assert.equal(assigned.settings.rounds, 0);
    const went = await on('--experts', id, '--rounds', '1', '--prefix', '32', '--tokens-per-round', '1000', '--json');
    assert.equal(went.code, 0, went.err);
    const begun = JSON.parse(went.out) as Assigned;
    assert.ok(begun.nmi > 0.9 && begun.settings.start === 'experts', went.out);
    for (const [words, message] of [
      [['--experts', id, '--k', '3'], /as many piles as .* experts have.*\n.*--k/],
      [['--experts', id, '--start', 'random'], /say what the split begins with.*\n.*--start or --experts/],
      [['--keep'], /Name it: --from or --experts/],
    ] as const) {
      const refused = await on(...words);
      assert.match(refused.err, message);
      assert.equal(refused.code, 1);
    }
  });

  it('Ctrl-C stops with a checkpoint, says how to go on, and leaves what was there; resume ends the run', async () => {
    const child = start(folder, 'train', '--tokens', '24000', '--layers', '2');
    let err = '';
    child.stderr?.on('data', (data: Buffer) => (err += data.toString('utf8')));
    await says(child, 'Training');
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 130, err);
    assert.match(err, /Stopped/);
    assert.match(err, /polymath resume run-/);
    const resumed = await command(folder, 'resume');
    assert.equal(resumed.code, 0, resumed.err);
    assert.match(resumed.out, /is done\. It made experts-/);
    assert.equal((await command(folder, 'export', 'experts', '--to', 'upper')).code, 0);
    const adapter = await readFile(join(folder, 'upper', 'A', 'adapter_config.json'), 'utf8');
    assert.deepEqual((JSON.parse(adapter) as { layers_to_transform: number[] }).layers_to_transform, [3, 4]);
  });
});
