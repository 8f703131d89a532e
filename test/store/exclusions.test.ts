import assert from 'node:assert/strict';
import { UserError } from '../../backend/base/errors';
import { trainInputs } from '../../backend/kinds/train/inputs';
import { trainKind } from '../../backend/kinds/train/spec';
import { specOf } from '../../backend/kinds/read-spec';
import type { Store } from '../../backend/store/store';
import { fill, firstPage, Workshop, writeDocuments } from './support';

const dataset = 'data-example';
const clustering = 'split-example';

describe('documents that a person takes out', () => {
  const workshop = new Workshop();
  let store: Store;
  before(() => workshop.begin());
  beforeEach(async () => {
    store = await workshop.open();
    await writeDocuments(store.folder);
    await fill(store);
  });
  after(() => workshop.end());

  const excluded = async (): Promise<number[]> =>
    (await store.documents.list({ dataset, excluded: true, ...firstPage })).items.map(({ index }) => index);

  it('are marked wherever documents are listed, and can be taken in again', async () => {
    const made = await store.exclusions.set(dataset, [9, 3, 3], true);
    assert.deepEqual(
      made.map(({ document, excluded: out, undone }) => [document, out, undone]),
      [
        [9, true, false],
        [3, true, false],
      ],
    );
    assert.deepEqual(await excluded(), [3, 9]);
    assert.equal((await store.documents.get(dataset, 9)).excluded, true);
    const { items } = await store.piles.listDocuments({ clustering, pile: 0, offset: 0, limit: 2 });
    assert.deepEqual(
      items.map(({ index, excluded: out }) => [index, out]),
      [
        [0, undefined],
        [3, true],
      ],
    );
    assert.deepEqual(await store.exclusions.set(dataset, [3], true), []);
    await store.exclusions.set(dataset, [3], false);
    assert.deepEqual(await excluded(), [9]);
    await assert.rejects(store.exclusions.set(dataset, [1, 100], true), UserError);
  });

  it('are no part of what a run reads', async () => {
    await store.exclusions.set(dataset, [0, 9], true);
    const { assignments, excluded: out } = await trainInputs.gather(
      store,
      specOf(trainKind, { split: clustering, tokens: 1000 }),
    );
    assert.deepEqual(out, Int32Array.of(0, 9));
    assert.equal(assignments.documents.length, 79);
    assert.deepEqual(
      assignments.documents.map((document) => document % 3),
      assignments.piles,
    );
    assert.equal(assignments.documents.includes(0), false);
  });

  it('are taken back in the order of all that was done to the clustering', async () => {
    await store.labels.move(clustering, [{ index: 0, version: 0 }], 1);
    await store.exclusions.set(dataset, [5, 6], true);
    await store.labels.move(clustering, [{ index: 1, version: 0 }], 2);
    await store.exclusions.set(dataset, [5], false);
    const undone: string[] = [];
    for (let step = 0; step < 5; step++) {
      const { moves, exclusions } = await store.labels.undo(clustering);
      const [move] = moves;
      const what = exclusions.map(({ document, excluded: out }) => `${out ? 'out' : 'in'} ${document}`).join(', ');
      undone.push(move === undefined ? what : `move ${move.document}`);
    }
    assert.deepEqual(undone, ['in 5', 'move 1', 'out 5, out 6', 'move 0', '']);
    assert.deepEqual(await excluded(), []);
  });

  it('are taken back in turn with names of piles and links', async () => {
    const [{ name }] = await store.piles.list(clustering);
    await store.piles.rename(clustering, 0, 'Rulings');
    const link = await store.links.add({ dataset, kind: 'must', a: 3, b: 1 });
    await store.piles.rename(clustering, 0, 'Rulings');
    await store.exclusions.set(dataset, [5], true);
    await store.links.remove(link.id);
    const undone: unknown[] = [];
    for (let step = 0; step < 5; step++) {
      const { exclusions, renames, links } = await store.labels.undo(clustering);
      undone.push(
        ...exclusions.map(({ document }) => document),
        ...renames.map(({ pile, from, to }) => [pile, from, to]),
        ...links.map(({ added, link: { id } }) => [added, id]),
      );
    }
    assert.deepEqual(undone, [[false, link.id], 5, [true, link.id], [0, name, 'Rulings']]);
    assert.equal((await store.piles.list(clustering))[0].name, name);
    assert.equal((await store.links.list(dataset, firstPage)).total, 0);
  });

  it('are forgotten with their dataset', async () => {
    await store.exclusions.set(dataset, [5], true);
    await store.splits.remove(clustering);
    await store.datasets.remove(dataset);
    await writeDocuments(store.folder);
    await fill(store);
    assert.deepEqual(await excluded(), []);
  });
});

describe('the place of a document in its pile', () => {
  const workshop = new Workshop();
  let store: Store;
  before(async () => {
    await workshop.begin();
    store = await workshop.open();
    await writeDocuments(store.folder);
    await fill(store);
  });
  after(() => workshop.end());

  it('is told with those before and after it, and stays in the order of a pile that it has left', async () => {
    const first = await store.placements.find(clustering, 0);
    assert.deepEqual([first?.position, first?.of, first?.previous, first?.next], [0, 27, undefined, 3]);
    const { row } = (await store.placements.find(clustering, 3)) ?? {};
    assert.deepEqual([row?.id, row?.pile, row?.version], ['doc-3', 0, 0]);
    await store.labels.move(clustering, [{ index: 3, version: 0 }], 1);
    const moved = await store.placements.find(clustering, 3, 0);
    assert.deepEqual([moved?.row.pile, moved?.position, moved?.of, moved?.previous, moved?.next], [1, 1, 26, 0, 6]);
    assert.equal((await store.placements.find(clustering, 0))?.next, 6);
    assert.equal(await store.placements.find(clustering, 8), null, 'a document of the validation side');
    await assert.rejects(store.placements.find(clustering, 0, 3), UserError);
  });

  it('comes with what the method thought of all piles in the end', async () => {
    assert.deepEqual(await store.placements.posteriors(clustering, 1), [0.5, 0.25, 0.25]);
    assert.equal(await store.placements.posteriors(clustering, 8), undefined);
  });

  it('is found with the moves and links of the document', async () => {
    await store.links.add({ dataset, kind: 'must', a: 3, b: 1 });
    await store.links.add({ dataset, kind: 'cannot', a: 3, b: 7 });
    await store.links.add({ dataset, kind: 'cannot', a: 0, b: 7 });
    assert.equal((await store.links.list(dataset, { ...firstPage, document: 3 })).total, 2);
    const moves = await store.labels.list(clustering, { ...firstPage, document: 3 });
    assert.deepEqual(
      moves.items.map(({ from, to }) => [from, to]),
      [[0, 1]],
    );
    assert.equal((await store.labels.list(clustering, { ...firstPage, document: 0 })).total, 0);
  });

  it('of merged piles is as likely as all of it together, but of what a person moved', async () => {
    const confidences = async (): Promise<(number | undefined)[]> => {
      const { items } = await store.piles.listDocuments({ clustering, documents: [0, 1, 2, 5], ...firstPage });
      return items.map(({ confidence }) => confidence);
    };
    await store.labels.move(clustering, [{ index: 5, version: 0 }], 1);
    await store.pileChanges.merge(clustering, 1, 2);
    assert.deepEqual(await confidences(), [1, 0.5, 0.5, 1]);
    assert.deepEqual(await store.placements.posteriors(clustering, 1), [0.5, 0, 0.5]);
    await store.pileChanges.merge(clustering, 2, 0);
    assert.deepEqual(await confidences(), [1, 1, 1, 1]);
    assert.deepEqual((await store.splits.lastPosteriors(clustering))?.posteriors.slice(0, 3), Float32Array.of(1, 0, 0));
    await store.labels.undo(clustering);
    await store.labels.undo(clustering);
    assert.deepEqual(await confidences(), [0.5, 0.25, 0.25, 1]);
    assert.deepEqual(await store.placements.posteriors(clustering, 1), [0.5, 0.25, 0.25]);
  });
});
