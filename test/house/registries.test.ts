import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Raw, type SettingsTable, defaultsOf } from '../../backend/base/settings';
import { type RunKind, settingsFor } from '../../backend/kinds/kind';
import { readSpec } from '../../backend/kinds/read-spec';
import { rowsOf } from '../../extension/wizard/rows';
import type { Report } from '../../backend/protocol/report';
import { generatedCorpus } from '../support/corpus';
import { type Finished, runProgram } from '../support/program';
import { Answers } from './toys/answers';
import { toyRegistries } from './toys/registries';

/** Carries a wizard's rows out: for each label what a person answers. Returns what the rows then tell. */
async function answered(table: SettingsTable, begin: Raw, answers: Readonly<Record<string, string>>): Promise<Raw> {
  const rows = rowsOf<Answers>(table, { askers: {} });
  let told = begin;
  for (const [label, answer] of Object.entries(answers)) {
    const row = rows.find((one) => one.label === label);
    assert.ok(row !== undefined, `there is no row ${label}`);
    told = await row.change(new Answers([answer]), told);
  }
  return told;
}

const lines = (text: string): string[] => text.trim().split('\n').sort();

describe('what a test adds without a change of the product', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(60));
    const { code, err } = await toy('import', 'corpus.jsonl');
    assert.equal(code, 0, err);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  function toy(...args: string[]): Promise<Finished> {
    return runProgram('test/house/toys/command-line', folder, ...args);
  }

  async function done(...args: string[]): Promise<string> {
    const { code, out, err } = await toy(...args);
    assert.equal(code, 0, err);
    return out;
  }

  describe('a splitting method', () => {
    it('is a command with its own options, whose split is called as it is', async () => {
      assert.match(await done('split', '--help'), /length .*By length\./);
      const help = await done('split', 'length', '--help');
      assert.match(help, /--step <characters> +characters of a step \(default: 10\)/);
      assert.doesNotMatch(help, /--rounds/);
      const made = JSON.parse(await done('split', 'length', '--k', '3', '--step', '7', '--json')) as Raw;
      assert.deepEqual([made.method, made.seed], ['length', 1]);
      assert.match(await done('piles', '--json'), /"name": "By length, k = 3"/);
      assert.match(await done('split', 'length', '--estimate'), /^About /);
      const { code, err } = await toy('split', 'length', '--step', '0');
      assert.equal(code, 2);
      assert.match(err, /from 1 to 1000/);
    });

    it('has the rows of its settings in the wizard that splits', async () => {
      const { split } = toyRegistries.kinds;
      const subjects = { dataset: 'data-1', method: 'length', k: 3 };
      const table = settingsFor(split, subjects);
      const told = await answered(table, {}, { Step: '25', Order: 'long ones first', Name: 'Mine' });
      assert.deepEqual(told, { step: 25, order: 'falling', name: 'Mine' });
      const spec = readSpec(toyRegistries.kinds, { ...told, ...subjects, kind: 'split' });
      assert.deepEqual([spec.step, spec.order, spec.seed], [25, 'falling', 1]);
    });
  });

  describe('a weighting', () => {
    it('is fitted, answers and is evaluated by its name', async () => {
      await done('split', 'length', '--k', '2');
      await done('train', '--tokens', '300', '--rank', '1', '--layers', '1');
      const mixer = JSON.parse(await done('mix', '--weighting', 'turns', '--json')) as Raw;
      assert.equal(mixer.weighting, 'turns');
      const { tokens } = JSON.parse(await done('ask', 'The oven', '--max-tokens', '4', '--json')) as {
        tokens: { weights: number[] }[];
      };
      const leaders = tokens.map(({ weights }) => weights.findIndex((weight) => weight > 0.9));
      assert.deepEqual(
        leaders.slice(1),
        leaders.slice(0, -1).map((leader) => 1 - leader),
      );
      assert.match(await done('evaluate', '--test-documents', '2'), /^Mixture +\d/m);
    });

    it('that reads hidden states is scored by workers, which know it too', async () => {
      const mixer = JSON.parse(await done('mix', '--weighting', 'loudest', '--json')) as Raw;
      assert.ok(Number(mixer.validationNll) > 0);
      assert.match(await done('evaluate', '--test-documents', '2'), /^Mixture +\d/m);
      const { tokens } = JSON.parse(await done('ask', 'The oven', '--max-tokens', '3', '--json')) as {
        tokens: { weights: number[] }[];
      };
      assert.ok(tokens.every(({ weights }) => Math.abs(Math.max(...weights) - 0.97) < 1e-6));
    });

    it('is listed with those of the house, and another name is refused before anything begins', async () => {
      const { out } = await toy('mix', '--help');
      assert.match(
        out.replaceAll(/\s+/g, ' '),
        /choices: "contrast", "recent", "combined", "probe", "posterior", .*"uniform", "turns", "loudest"/,
      );
      const { code, err } = await toy('mix', '--weighting', 'guess');
      assert.equal(code, 2);
      assert.match(err.replaceAll(/\s+/g, ' '), /'guess' is invalid. Allowed choices are contrast, .*turns, loudest/);
      await writeFile(join(folder, 'mix.yaml'), 'kind: mix\nweighting: guess\n');
      const byFile = await toy('run', 'mix.yaml');
      assert.match(byFile.err, /^--weighting has a value that cannot be used: .*turns, loudest/);
    });

    it('is told in the row of the wizard that trains a mixer', async () => {
      const { mix } = toyRegistries.kinds;
      const told = await answered(mix.settings, { seed: 1 }, { Weighting: 'turns' });
      const spec = readSpec(toyRegistries.kinds, { ...told, kind: 'mix', experts: 'experts-1' });
      assert.equal(spec.weighting, 'turns');
    });
  });

  describe('a comparison', () => {
    it('is of the systems that a file names or spells out, with a method and a weighting of the test', async () => {
      const sizes = 'k: 2\ntokens: 300\ndocuments: 20\nvalidationDocuments: 2\ntestDocuments: 2\n';
      const mine = 'systems: [base, { id: mine, label: Mine, split: length, cooperation: turns }]';
      await writeFile(join(folder, 'compare.yaml'), `kind: compare\n${mine}\n${sizes}`);
      const { splits, perplexity, systems } = JSON.parse(
        await done('run', 'compare.yaml', '--data', 'corpus.jsonl', '--json'),
      ) as Report;
      assert.deepEqual([Object.keys(splits), Object.keys(perplexity)], [['length'], ['base', 'mine']]);
      assert.equal(perplexity.mine.routing, 'the expert whose turn it is');
      assert.deepEqual(
        systems.map(({ label, role }) => [label, role]),
        [
          ['Base model', 'untrained'],
          ['Mine', 'main'],
        ],
      );
      assert.match(await done('runs', '--json'), /"cooperation": "turns"/);
    });

    it('of none, of one twice or of an unknown one is refused before it begins, with the ids that there are', async () => {
      for (const [systems, code, message] of [
        ['base,what', 2, /The names are base, monolithic, wide, random, kmeans, unigram, em, merged, gold, mixture\./],
        ['base,monolithic', 1, /none of its systems has any\.\n.*such as mixture: --systems/],
        ['mixture,mixture', 1, /mixture stands twice/],
      ] as const) {
        const refused = await toy('run', '--data', 'corpus.jsonl', '--systems', systems);
        assert.equal(refused.code, code, refused.err);
        assert.match(refused.err, message);
      }
      await writeFile(join(folder, 'wrong.yaml'), 'kind: compare\nsystems: [{ id: x, split: alphabet }]\n');
      assert.match(
        (await toy('run', 'wrong.yaml')).err,
        /--systems \(0\.split\) has a value that cannot be used: .*em, .*length/,
      );
    });
  });

  describe('a kind of run', () => {
    it('is started by a file, listed, and written out as a file that starts it again', async () => {
      await writeFile(join(folder, 'tally.yaml'), 'kind: tally\nword: the\nside: test\n');
      const made = JSON.parse(await done('run', 'tally.yaml', '--json')) as { id: string; result: string; spec: Raw };
      const { dataset, ...rest } = made.spec;
      assert.match(String(dataset), /^data-/);
      assert.deepEqual(rest, { kind: 'tally', word: 'the', side: 'test', times: 1 });
      const { word, count } = JSON.parse(await readFile(made.result, 'utf8')) as { word: string; count: number };
      assert.equal(word, 'the');
      assert.ok(count > 0);
      assert.match(await done('runs'), new RegExp(`${made.id} +tally +done`));
      const file = `kind: tally\ndataset: ${String(dataset)}\nword: the\nside: test\ntimes: 1\n`;
      assert.deepEqual(lines(await done('runs', made.id, '--config')), lines(file));
    });

    it('must be named by a file, or the file is read as a comparison, and that is told', async () => {
      await writeFile(join(folder, 'nameless.yaml'), 'word: oven\n');
      const { code, err } = await toy('run', 'nameless.yaml');
      assert.equal(code, 1);
      assert.match(err, /nameless\.yaml names no kind of run, so it is read as a comparison .* kind: split\.\n/);
      assert.match(err, /has a setting word, which there is not here/);
    });

    it('is refused by the names of its settings where they are not right', async () => {
      for (const [said, message] of [
        ['word: oven\ntimes: 0', /--times has a value that cannot be used/],
        ['word: oven\nlayers: 2', /has a setting layers, which there is not here.*\n.*word, side, times, listed/],
      ] as const) {
        await writeFile(join(folder, 'wrong.yaml'), `kind: tally\n${said}\n`);
        const { code, err } = await toy('run', 'wrong.yaml');
        assert.equal(code, 1);
        assert.match(err, message);
      }
    });

    it('has the rows of its settings in a wizard', async () => {
      const kind: RunKind = toyRegistries.kinds.tally;
      const { dataset: _, ...own } = kind.settings;
      const begin = defaultsOf(own);
      const answers = { Word: 'sail', Side: 'validation', Times: '2', 'List Them': 'yes' };
      const told = await answered(kind.settings, begin, answers);
      assert.deepEqual(told, { word: 'sail', side: 'validation', times: 2, listed: true });
      const rows = rowsOf<Answers>(kind.settings, { askers: {} });
      assert.deepEqual(
        rows.map(({ label, show }) => `${label}: ${show(told)}`),
        ['Word: sail', 'Side: validation', 'Times: 2', 'List Them: yes'],
      );
      await assert.rejects(answered(kind.settings, begin, { Times: '0' }), /from 1 to 100/);
      const spec = readSpec(toyRegistries.kinds, { ...told, kind: 'tally', dataset: 'data-1' });
      assert.equal(spec.times, 2);
    });
  });
});
