import assert from 'node:assert/strict';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError, UserError } from '../../backend/base/errors';
import type { CouncilRecord } from '../../backend/protocol/councils';
import type { MixerRecord } from '../../backend/protocol/records';
import type { Outcome } from '../../backend/protocol/outcome';
import type { Store } from '../../backend/store/store';
import {
  exampleClustering,
  exampleDataset,
  exampleEvaluation,
  exampleExperts,
  exampleMixer,
  exampleQuestions,
  exampleQuestionSet,
  exampleRows,
  exampleRun,
  fill,
  firstPage,
  Workshop,
} from './support';

describe('records of a project', () => {
  const workshop = new Workshop();
  before(() => workshop.begin());
  after(() => workshop.end());

  const reopened = async (store: Store): Promise<Store> => {
    await store.close();
    return workshop.open(store.folder);
  };

  it('come back as they were given, after the project was opened again', async () => {
    let store = await workshop.open();
    const given = exampleDataset({ name: `O'Brien "größer" 🙂 \n; DROP TABLE datasets` });
    await store.datasets.add(given);
    await store.splits.add(exampleClustering(), exampleRows());
    await store.experts.add(exampleExperts());
    await store.mixers.add(exampleMixer, { probes: [1, 2.5] });
    await store.evaluations.add(exampleEvaluation);
    await store.questions.add(exampleQuestionSet, exampleQuestions);
    await store.runs.save(exampleRun());
    store = await reopened(store);
    assert.deepEqual(await store.datasets.get(given.id), given);
    assert.deepEqual(await store.experts.get('experts-example'), exampleExperts());
    assert.deepEqual(await store.mixers.get('mixer-example'), exampleMixer);
    assert.deepEqual(await store.mixers.weights('mixer-example'), { probes: [1, 2.5] });
    assert.deepEqual(await store.evaluations.get('eval-example'), exampleEvaluation);
    assert.deepEqual(await store.questions.getSet('questions-example'), exampleQuestionSet);
    assert.deepEqual(await store.runs.get('run-example'), exampleRun());
    const [listed] = (await store.evaluations.list(firstPage)).items;
    assert.equal('result' in listed, false);
    assert.deepEqual(await store.counts(), {
      datasets: 1,
      questions: 1,
      splits: 1,
      experts: 1,
      mixers: 1,
      councils: 0,
      evaluations: 1,
      runs: 1,
    });
  });

  it('are listed the newest first, page by page, with filters', async () => {
    const store = await workshop.open();
    const states = ['done', 'failed', 'done', 'queued', 'done'] as const;
    for (const [i, state] of states.entries()) await store.runs.save(exampleRun({ id: `run-number${i}`, state }));
    const ids = async (page: Parameters<Store['runs']['list']>[0]): Promise<[number, string]> => {
      const { total, items } = await store.runs.list(page);
      return [total, items.map(({ id }) => id.slice(-1)).join('')];
    };
    assert.deepEqual(await ids({ offset: 0, limit: 2 }), [5, '43']);
    assert.deepEqual(await ids({ offset: 4, limit: 2 }), [5, '0']);
    assert.deepEqual(await ids({ offset: 2 ** 40, limit: 2 }), [5, '']);
    assert.deepEqual(await ids({ ...firstPage, state: 'done' }), [3, '420']);
  });

  it('keep what people write of runs, until it is taken back or the run goes', async () => {
    let store = await workshop.open();
    await store.runs.save(exampleRun({ state: 'done' }));
    const note = { run: 'run-example', note: " '); DROP TABLE runs; -- größer\n🙂 ", tags: ['a', 'b', 'a'] };
    await store.runs.annotate(note);
    store = await reopened(store);
    assert.deepEqual(await store.runs.notes(), [{ ...note, note: note.note.trim(), tags: ['a', 'b'] }]);
    await store.runs.annotate({ run: 'run-example', note: ' ', tags: [] });
    assert.deepEqual(await store.runs.notes(), []);
    await store.runs.annotate(note);
    await store.runs.remove('run-example');
    assert.deepEqual(await store.runs.notes(), []);
    await assert.rejects(store.runs.annotate(note), UserError);
  });

  it('of a run are replaced, and stay in their place in the listing', async () => {
    const store = await workshop.open();
    await store.runs.save(exampleRun({ id: 'run-first00' }));
    await store.runs.save(exampleRun({ id: 'run-second0' }));
    await store.runs.save(exampleRun({ id: 'run-first00', state: 'done', result: 'mixer-example' }));
    const { items } = await store.runs.list(firstPage);
    assert.deepEqual(
      items.map(({ id, state }) => [id, state]),
      [
        ['run-second0', 'running'],
        ['run-first00', 'done'],
      ],
    );
    assert.equal((await store.runs.list({ ...firstPage, state: 'running' })).total, 1);
  });

  it('of questions come by index, all or one part of them', async () => {
    const store = await workshop.open();
    await store.questions.add(exampleQuestionSet, exampleQuestions);
    const { total, items } = await store.questions.list('questions-example', { offset: 1, limit: 2 });
    assert.equal(total, 3);
    assert.deepEqual(items, [exampleQuestions[2], exampleQuestions[0]]);
    const heldout = await store.questions.list('questions-example', { ...firstPage, part: 'heldout' });
    assert.deepEqual([heldout.total, heldout.items.map(({ id }) => id)], [2, ['a', 'b']]);
  });

  it('that are added again change nothing, but the run is updated with them', async () => {
    const store = await workshop.open();
    await fill(store);
    const run = exampleRun({ state: 'done', result: 'split-example' });
    await store.datasets.add(exampleDataset({ name: 'another' }), { run });
    await store.splits.add(exampleClustering({ name: 'another' }), exampleRows(), { run });
    assert.equal((await store.datasets.get('data-example')).name, 'example');
    assert.equal((await store.splits.get('split-example')).name, 'em k=3');
    assert.equal((await store.splits.assignments('split-example')).documents.length, 80);
    assert.equal((await store.splits.posteriors('split-example', { round: 1, ...firstPage })).total, 80);
    assert.equal((await store.runs.get('run-example')).state, 'done');
  });

  it('of one result are there all or none', async () => {
    const store = await workshop.open();
    await store.datasets.add(exampleDataset());
    const run = exampleRun({ state: 'done' });
    const compared = (mixer: MixerRecord): Outcome => ({
      result: exampleEvaluation.id,
      split: { clustering: exampleClustering(), rows: exampleRows() },
      experts: exampleExperts(),
      mixer: { record: mixer, weights: [] },
      evaluation: exampleEvaluation,
    });
    const strange = compared({ ...exampleMixer, experts: 'experts-another' });
    await assert.rejects(store.add(strange, run), /There is no set of experts experts-another/);
    assert.deepEqual(await store.splits.list(firstPage), { total: 0, items: [] });
    assert.equal((await store.runs.list(firstPage)).total, 0);
    await store.add(compared(exampleMixer), run);
    await store.add(compared(exampleMixer), run);
    const { splits, experts, mixers, evaluations, runs } = await store.counts();
    assert.deepEqual([splits, experts, mixers, evaluations, runs], [1, 1, 1, 1, 1]);
  });

  it('that others were made from are not removed before those', async () => {
    const store = await workshop.open();
    await fill(store);
    await store.experts.add(exampleExperts());
    await store.mixers.add(exampleMixer, []);
    const member = { letter: 'A', role: 'critic' };
    const council = await store.councils.add({
      name: 'wise',
      experts: 'experts-example',
      instruction: '',
      members: [member],
    });
    const files = join(store.folder, 'experts', 'experts-example');
    await mkdir(files, { recursive: true });
    await writeFile(join(files, 'adapter.json'), '{}');
    await assert.rejects(store.datasets.remove('data-example'), /in use: 1 of the splits/);
    await assert.rejects(store.splits.remove('split-example'), /in use: 1 of the experts/);
    await assert.rejects(store.experts.remove('experts-example'), /in use: 1 of the councils/);
    await store.councils.remove(council.id);
    await store.experts.remove('experts-example');
    await assert.rejects(access(files), /ENOENT/);
    assert.equal((await store.mixers.list({ ...firstPage, experts: 'experts-example' })).total, 0);
    await store.splits.remove('split-example');
    await store.datasets.remove('data-example');
    await assert.rejects(store.datasets.get('data-example'), /There is no dataset data-example/);
  });

  it('of councils have names of their own and members that exist', async () => {
    const store = await workshop.open();
    await fill(store);
    await store.experts.add(exampleExperts());
    const given = {
      name: 'wise',
      experts: 'experts-example',
      instruction: 'Answer.',
      members: [{ letter: 'B', role: '' }],
    };
    const council = await store.councils.add(given);
    assert.deepEqual(await store.councils.get(council.id), council);
    assert.deepEqual((await store.councils.list({ ...firstPage, name: 'wise' })).items, [council]);
    const voting = await store.councils.add({ ...given, name: 'voting', procedure: 'vote' });
    assert.deepEqual(await store.councils.get(voting.id), { ...voting, procedure: 'vote' });
    await assert.rejects(store.councils.add(given), UserError);
    const stranger = { ...given, name: 'other', members: [{ letter: 'C', role: '' }] };
    await assert.rejects(store.councils.add(stranger), /There is no expert C in experts-example/);
  });

  it('of councils have versions, which say who wrote what and stay readable', async () => {
    const store = await workshop.open();
    await fill(store);
    await store.experts.add(exampleExperts());
    const told = {
      ...{ name: 'wise', experts: 'experts-example', instruction: 'Be brief.' },
      members: [
        { letter: 'A', role: 'You know law.', by: 'drafted' as const },
        { letter: 'B', role: 'You bake.' },
        { letter: 'B', role: '' },
      ],
    };
    const first = await store.councils.add(told);
    const writersOf = ({ members, instructionBy }: CouncilRecord): unknown[] => [
      instructionBy,
      ...members.map(({ by }) => by),
    ];
    assert.deepEqual(writersOf(first), ['person', 'drafted', 'person', undefined]);

    const plain = told.members.map(({ letter, role }) => ({ letter, role }));
    const same = { ...told, members: plain };
    assert.deepEqual(await store.councils.edit(first.id, same), first);
    const [a, ...others] = plain;
    const second = await store.councils.edit(
      first.id,
      { ...same, members: [a, { ...others[0], role: 'You sail.' }] },
      1,
    );
    assert.deepEqual([second.id, second.version], [first.id, 2]);
    assert.deepEqual(writersOf(second), ['person', 'drafted', 'person']);
    const third = await store.councils.edit(first.id, { ...same, name: 'wiser', instructionBy: 'evolved' }, 2);
    assert.deepEqual(writersOf(third), ['evolved', 'drafted', 'person', undefined]);
    assert.deepEqual(await store.councils.versions(first.id), [third, second, first]);
    assert.deepEqual((await store.councils.list(firstPage)).items, [third]);

    await assert.rejects(store.councils.edit(first.id, same, 2), ConflictError);
    const other = await store.councils.add({ ...told, name: 'other' });
    await assert.rejects(store.councils.edit(other.id, { ...same, name: 'wiser' }), /a council "wiser" already/);
    await assert.rejects(
      store.councils.edit(other.id, { ...same, members: [{ letter: 'C', role: '' }] }),
      /no expert C/,
    );
    await store.councils.remove(first.id);
    await assert.rejects(store.councils.versions(first.id), /There is no council/);
  });

  it('of runs are not removed while they run', async () => {
    const store = await workshop.open();
    await store.runs.save(exampleRun());
    await assert.rejects(store.runs.remove('run-example'), /Run run-example is running/);
    await store.runs.save(exampleRun({ state: 'cancelled' }));
    await store.runs.remove('run-example');
    assert.equal((await store.runs.list(firstPage)).total, 0);
  });

  it('never lend a path anything but an id', async () => {
    const store = await workshop.open();
    for (const name of ['../../etc', 'data-../..', 'CON', 'data-a\0b', '/etc', `data-${'a'.repeat(65)}`]) {
      assert.throws(() => store.datasets.folderOf(name), UserError);
      await assert.rejects(store.datasets.remove(name), UserError);
    }
  });

  it('keep apart what is asked at the same time', async () => {
    const store = await workshop.open();
    await store.datasets.add(exampleDataset());
    const pairs = Array.from({ length: 30 }, (_, i) => ({
      dataset: 'data-example',
      kind: 'must' as const,
      a: 0,
      b: 1 + (i % 10),
    }));
    const broken = { ...exampleClustering(), id: 'split-broken' };
    const [failed] = await Promise.allSettled([
      store.splits.add({ ...broken, dataset: 'data-missing' }, exampleRows()),
      ...pairs.map((pair) => store.links.add(pair)),
      ...pairs.map(() => store.links.list('data-example', firstPage)),
    ]);
    assert.equal(failed.status, 'rejected');
    assert.equal((await store.links.list('data-example', firstPage)).total, 10);
    const closing = store.close();
    await assert.rejects(store.datasets.get('data-example'), /the store is closed/);
    await closing;
  });
});
