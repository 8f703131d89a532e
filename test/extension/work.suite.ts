import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { trainKind } from '../../backend/kinds/train/spec';
import type { CouncilRecord } from '../../backend/protocol/councils';
import type { RunRecord } from '../../backend/protocol/run';
import type { Polymath } from '../../extension/polymath';
import { generatedCorpus } from '../support/corpus';
import { Respondent } from './dialogs';
import { eventually, polymath } from './support';

describe('work that is started by wizards', function () {
  let parts: Polymath;
  let user: Respondent;
  let folder: string;
  /** What the runs made, by their kind. */
  const made: Record<string, string> = {};

  before(async () => {
    parts = await polymath();
    user = new Respondent(parts);
    folder = dirname(parts.client.folder ?? '');
    await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(60));
  });

  // What a failed test left open would answer for the next one.
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeQuickOpen'));

  /** Carries out a command while `answers` answers its questions; resolves with the run that it started. */
  async function started(command: string, given: unknown, answers: () => Promise<void>): Promise<RunRecord> {
    const carriedOut = vscode.commands.executeCommand(command, ...(given === undefined ? [] : [given]));
    await answers();
    await carriedOut;
    const [newest] = (await parts.client.call('runs/list', { limit: 1 })).items;
    return newest;
  }

  async function done({ id, spec }: RunRecord): Promise<void> {
    const run = await eventually(async () => {
      const found = await parts.client.call('runs/get', { run: id });
      assert.ok(!['queued', 'running'].includes(found.state), `${spec.kind} is ${found.state}`);
      return found;
    });
    assert.equal(run.state, 'done', run.failure?.message);
    made[spec.kind] = run.result ?? '';
  }

  it('imports what the explorer names, with columns that are guessed or chosen', async () => {
    const source = vscode.Uri.file(join(folder, 'corpus.jsonl'));
    const run = await started('polymath.datasets.import', source, async () => {
      await user.sees('Start Import', /^jsonl · 1 file · /);
      await user.sees('Column of the Text', 'text (by its name)');
      await user.choose('Column of the Id');
      await user.choose('$(circle-slash) None');
      await user.sees('Column of the Id', 'none');
      await user.choose('Name');
      await user.write('Generated');
      await user.choose('Start Import');
    });
    const { spec } = run;
    assert.ok(spec.kind === 'import');
    assert.deepEqual(
      [spec.source, spec.textColumn, spec.idColumn, spec.name],
      [source.fsPath, undefined, '', 'Generated'],
    );
    assert.deepEqual([spec.validation, spec.test, spec.nearDuplicates, spec.seed], [0.1, 0.1, 0.8, 0]);
    await done(run);
  });

  it('starts no import that must fail: it says why, and what can be changed', async () => {
    await writeFile(join(folder, 'numbers.csv'), 'height,weight\n1,2\n3,4\n');
    const source = vscode.Uri.file(join(folder, 'numbers.csv'));
    const before = (await parts.client.call('runs/list', { limit: 1 })).total;
    const carriedOut = vscode.commands.executeCommand('polymath.datasets.import', source);
    const refused = '$(circle-slash) Start Import';
    await user.sees(refused, 'No column looks like texts: height, weight.');
    await user.choose(refused);
    await user.sees(refused, 'No column looks like texts: height, weight.');
    await user.choose('Column of the Text');
    await user.choose('height');
    await user.sees('Start Import', /^csv · 1 file/);
    await user.cancel();
    await carriedOut;
    assert.equal((await parts.client.call('runs/list', { limit: 1 })).total, before);
  });

  it('splits by another method after a look at the settings of the first', async () => {
    const run = await started('polymath.datasets.split', made.import, async () => {
      await user.choose('Perplexity EM');
      await user.write('2');
      await user.sees('Tokens Read of Each Document', '64');
      await user.sees('Start', /whichever predicts held-out documents best/);
      await user.back();
      await user.back();
      await user.choose('Unigram EM');
      await user.write('2');
      await user.choose('Start Splitting');
    });
    assert.ok(run.spec.kind === 'split');
    assert.deepEqual([run.spec.dataset, run.spec.method, run.spec.k], [made.import, 'unigram', 2]);
    await done(run);
  });

  it('splits with a guide, whose questions are counted', async () => {
    const run = await started('polymath.datasets.split', made.import, async () => {
      await user.choose('Guided by a language model');
      await user.write('3');
      await user.sees('Guide', 'Likelihood');
      await user.sees('Start Splitting', /^about .* · at most [\d,]+ questions$/);
      await user.choose('Small Clusters to Begin with');
      await user.write('9');
      await user.choose('Start Splitting');
    });
    assert.ok(run.spec.kind === 'split');
    assert.deepEqual([run.spec.method, run.spec.guide, run.spec.microClusters], ['llm', 'likelihood', 9]);
    const former = made.split;
    await done(run);
    const { settings } = await parts.client.call('splits/get', { clustering: made.split });
    made.split = former;
    assert.ok(typeof settings.queries === 'number' && settings.queries > 0);
  });

  it('trains experts on the piles of a row, with the numbers that were changed', async () => {
    const run = await started('polymath.experts.train', made.split, async () => {
      const { value } = await user.text();
      assert.equal(value, '200000');
      await user.write('3,000');
      await user.choose('Rank');
      await user.write('2');
      await user.sees('Rank', '2');
      await user.sees('Learning Rate', trainKind.settings.learningRate.otherwise);
      await user.choose('Start Training');
    });
    const { spec } = run;
    assert.ok(spec.kind === 'train');
    assert.deepEqual([spec.split, spec.tokens, spec.rank, spec.model], [made.split, 3000, 2, 'base']);
    await done(run);
  });

  it('trains the mixer of the only experts, and tells before what it takes', async () => {
    const run = await started('polymath.experts.mix', undefined, async () => {
      await user.sees('Start Training', /^about .* · .*iB · [\d,]+ tokens$/);
      await user.choose('Start Training');
    });
    assert.ok(run.spec.kind === 'mix');
    assert.deepEqual([run.spec.experts, run.spec.seed], [made.train, 1]);
    await done(run);
  });

  it('evaluates experts with the mixer, on as many test documents as asked', async () => {
    const run = await started('polymath.experts.evaluate', made.train, async () => {
      await user.choose(/^Mixer by .*, of /);
      await user.choose('Test Documents at Most');
      await user.write('3');
      await user.choose('Start Evaluation');
    });
    const { spec } = run;
    assert.ok(spec.kind === 'evaluate');
    assert.deepEqual(
      [spec.experts, spec.mixer, spec.dataset, spec.testDocuments],
      [made.train, made.mix, made.import, 3],
    );
    await done(run);
  });

  it('gives documents to experts, which keep them', async () => {
    const run = await started('polymath.experts.split', made.train, async () => {
      await user.sees('Keep What Is There', 'yes');
      await user.choose(/^Give [\d,]+ Documents to 2 Experts$/);
    });
    const { spec } = run;
    assert.ok(spec.kind === 'split');
    assert.deepEqual([spec.experts, spec.keep, spec.dataset], [made.train, true, made.import]);
    const former = made.split;
    await done(run);
    const { name, settings, k } = await parts.client.call('splits/get', { clustering: made.split });
    made.split = former;
    assert.deepEqual([settings.experts, settings.rounds, k], [made.train, 0, 2]);
    assert.match(name, /^By /);
  });

  it('merges experts into a model beside the project', async () => {
    const run = await started('polymath.experts.merge', made.train, async () => {
      await user.acceptAll();
      await user.write('models/both');
      await user.sees('Weights', '0.5, 0.5');
      await user.choose('Weights');
      await user.write('0.7, 0.3');
      await user.choose('Start Merging');
    });
    const { spec } = run;
    assert.ok(spec.kind === 'merge');
    assert.deepEqual(spec.weights, [
      { letter: 'A', weight: 0.7 },
      { letter: 'B', weight: 0.3 },
    ]);
    assert.deepEqual([spec.path, spec.dtype], [join(folder, 'models/both'), 'float16']);
    await done(run);
  });

  it('drafts the roles of a council, which are edited before it is made', async () => {
    const commanded = vscode.commands.executeCommand('polymath.councils.draft', made.train);
    await user.choose('Drafted from the Piles');
    await user.sees('relay', '2 texts written per prompt');
    await user.choose('relay');
    await user.write('bakers');
    await user.sees('Role of A', /^Your expertise is /);
    await user.choose('Role of B');
    await user.write('You bake.');
    await user.choose('Make Council');
    await commanded;
    const { items } = await parts.client.call('councils/list', { limit: 10 });
    const [{ name, procedure, members, instruction }] = items;
    assert.deepEqual([name, procedure, members[1].role], ['bakers', 'relay', 'You bake.']);
    assert.match(members[0].role, /^Your expertise is /);
    assert.match(instruction, /^Work together/);
    made.council = items[0].id;
  });

  it('opens a council as a file: saving it makes a new version, and a mistake keeps the tab', async () => {
    const council = made.council;
    await vscode.commands.executeCommand('polymath.councils.edit', council);
    const { document } = await eventually(() => {
      const editor = vscode.window.activeTextEditor;
      assert.equal(editor?.document.uri.scheme, 'polymath-council');
      return editor;
    });
    const rewrite = async (from: string, to: string): Promise<boolean> => {
      const at = document.getText().indexOf(from);
      const edit = new vscode.WorkspaceEdit();
      const range = new vscode.Range(document.positionAt(at), document.positionAt(at + from.length));
      edit.replace(document.uri, range, to);
      await vscode.workspace.applyEdit(edit);
      return document.save();
    };
    assert.ok(await rewrite('You bake.', 'You sail.'));
    const versions = (): Promise<CouncilRecord[]> => parts.client.call('councils/versions', { council });
    const [second, first] = await versions();
    assert.deepEqual([second.version, second.members[1].role, second.members[1].by], [2, 'You sail.', 'person']);
    assert.equal(first.members[1].role, 'You bake.');
    assert.deepEqual(second.members[0], first.members[0]);
    assert.equal(await rewrite('procedure: relay', 'procedure: duel'), false);
    assert.ok(document.isDirty);
    assert.equal((await versions()).length, 2);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await parts.client.call('councils/remove', { council });
  });

  it('imports adapters from a folder, on a base model that is remembered', async () => {
    const adapters = vscode.Uri.file(join(folder, '.polymath', 'experts', made.train));
    const run = await started('polymath.experts.import', adapters, async () => {
      await user.choose('Base Model');
      await user.choose('base');
      await user.choose('Split');
      await user.choose(/^unigram|^Unigram|piles/i);
      await user.choose('Start Import');
    });
    const { spec } = run;
    assert.ok(spec.kind === 'import-experts');
    assert.deepEqual([spec.folders, spec.model, spec.split], [[adapters.fsPath], 'base', made.split]);
    assert.equal(parts.extension.workspaceState.get('baseModel'), 'base');
    await done(run);
  });

  it('imports questions', async () => {
    const path = join(folder, 'questions.jsonl');
    const questions = ['one', 'two', 'three', 'four'].map((word, i) => ({
      ...{ question: `What is ${word}?`, choices: [word, 'none'], answer: 0, domain: i % 2 === 0 ? 'odd' : 'even' },
    }));
    await writeFile(path, questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
    const run = await started('polymath.questions.import', vscode.Uri.file(path), () => user.choose('Start Import'));
    assert.ok(run.spec.kind === 'import-questions');
    assert.deepEqual([run.spec.source, run.spec.test], [path, 0.5]);
    await done(run);
    const composing = vscode.commands.executeCommand('polymath.questions.compose', made['import-questions']);
    await user.write('');
    await composing;
    const [{ composedOf, domains }] = (await parts.client.call('questions/sets', { limit: 1 })).items;
    assert.equal(composedOf, made['import-questions']);
    assert.deepEqual(domains, [{ name: 'even + odd', questions: 2 }]);
  });

  it('evolves the roles of a council on questions, and examines what came of it', async () => {
    const members = ['A', 'B'].map((letter) => ({ letter, role: `You are ${letter}. You know it.` }));
    const content = { name: 'sailors', experts: made.train, instruction: 'Answer.', members };
    const { id: council } = await parts.client.call('councils/add', content);
    const evolving = await started('polymath.councils.evolve', council, async () => {
      await user.choose(/^questions$/);
      await user.choose('Population');
      await user.write('2');
      await user.choose('Generations');
      await user.write('1');
      await user.sees('Start Evolution', /^at most /);
      await user.choose('Start Evolution');
    });
    const { spec } = evolving;
    assert.ok(spec.kind === 'evolve');
    assert.deepEqual([spec.council, spec.questions, spec.size], [council, made['import-questions'], 2]);
    await done(evolving);
    const examining = await started('polymath.councils.exam', made.evolve, async () => {
      await user.choose(/^questions$/);
      await user.choose('Without Controls');
      await user.choose('yes');
      await user.choose('Start Exam');
    });
    assert.ok(examining.spec.kind === 'exam');
    assert.equal(examining.spec.council, made.evolve);
    await done(examining);
    for (const made of [council, String(examining.spec.council)]) {
      await parts.client.call('councils/remove', { council: made });
    }
  });

  it('starts the main job with the figures of the command line', async () => {
    const run = await started('polymath.datasets.compare', made.import, async () => {
      await user.write('2');
      await user.choose('Seeds');
      await user.write('3, 4');
      await user.choose('Start Comparison');
    });
    await parts.client.call('runs/cancel', { run: run.id });
    const { spec } = run;
    assert.ok(spec.kind === 'compare');
    assert.deepEqual([spec.dataset, spec.k, spec.seeds, spec.tokens], [made.import, 2, [3, 4], 150_000]);
    const documents = [spec.trainDocuments, spec.validationDocuments, spec.testDocuments];
    assert.deepEqual([...documents, spec.rounds], [800, 40, 60, 1]);
  });

  it('compares the parts of perplexity EM, and shows their table', async () => {
    const run = await started('polymath.datasets.sweep', made.import, async () => {
      await user.write('2');
      await user.choose('Seeds');
      await user.write('1');
      await user.choose('Without Controls');
      await user.choose('yes');
      await user.choose('Start Comparison');
    });
    const { spec } = run;
    assert.deepEqual([spec.kind, spec.seeds, spec.withoutControls, spec.starts], ['sweep', [1], true, ['unigram']]);
    await done(run);
    await vscode.commands.executeCommand('polymath.evaluations.openTable', made.sweep);
    const shown = await eventually(() => {
      const text = vscode.window.activeTextEditor?.document.getText() ?? '';
      assert.match(text, /Parts of perplexity EM/);
      return text;
    });
    assert.match(shown, /\| EM: unigram, measured, capacity, 64 \| /);
  });

  it('tells of a base model, checks it, and brings one here by a run', async () => {
    const inspected = vscode.commands.executeCommand('polymath.models.inspect');
    await user.choose('base');
    await user.sees('Family', 'qwen3');
    await user.choose('Family');
    await inspected;
    const verified = vscode.commands.executeCommand('polymath.models.verify');
    await user.choose('base');
    await user.sees('$(pass) Weights', 'all values are numbers');
    await user.choose('$(pass) Weights');
    await verified;
    await done(await started('polymath.models.pull', 'base', () => Promise.resolve()));
  });

  it('opens the endpoint for other programs, and closes it', async () => {
    await vscode.commands.executeCommand('polymath.endpoint.start');
    const { url, key } = await parts.client.call('endpoint/start', {});
    const models = await fetch(`${url}/models`, { headers: { authorization: `Bearer ${key}` } });
    assert.match(await models.text(), /uniform/);
    await vscode.commands.executeCommand('polymath.endpoint.stop');
    await assert.rejects(fetch(`${url}/models`));
  });
});
