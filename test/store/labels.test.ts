import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ConflictError, UserError } from '../../backend/base/errors';
import type { Store } from '../../backend/store/store';
import { exampleClustering, exampleDataset, exampleRows, fill, firstPage, Workshop, writeDocuments } from './support';

const clustering = 'split-example';

describe('clusterings', () => {
  const workshop = new Workshop();
  let store: Store;
  before(async () => {
    await workshop.begin();
    store = await workshop.open();
    await writeDocuments(store.folder);
    await fill(store);
  });
  after(() => workshop.end());

  it('have the sizes that their assignments give', async () => {
    const found = await store.splits.get(clustering);
    const sizes = [0, 0, 0];
    for (const pile of exampleRows().piles) sizes[pile]++;
    assert.deepEqual(
      found.piles.map(({ size }) => size),
      sizes,
    );
    const piles = found.piles.map((pile) => ({ ...pile, size: 0 }));
    assert.deepEqual({ ...found, piles }, exampleClustering());
    assert.deepEqual((await store.splits.list({ ...firstPage, dataset: 'data-example' })).items, [found]);
    assert.equal((await store.splits.list({ ...firstPage, dataset: 'data-another' })).total, 0);
  });

  it('keep the posteriors of each round', async () => {
    const { rounds, documents } = exampleRows();
    const whole = await store.splits.posteriors(clustering, { round: 2, offset: 0, limit: 1000 });
    assert.deepEqual(whole, { total: 80, k: 3, documents, posteriors: rounds[1].posteriors });
    const part = await store.splits.posteriors(clustering, { round: 1, offset: 70, limit: 20 });
    assert.deepEqual(part.documents, documents.slice(70));
    assert.deepEqual(part.posteriors, rounds[0].posteriors.slice(70 * 3));
    const none = await store.splits.posteriors(clustering, { round: 3, offset: 0, limit: 20 });
    assert.deepEqual([none.total, none.documents.length], [0, 0]);
  });

  it('list the documents of a pile with what is known of each', async () => {
    const { total, items } = await store.piles.listDocuments({ clustering, pile: 1, offset: 1, limit: 2 });
    assert.equal(total, 27);
    assert.deepEqual(
      items.map(({ index, id, pile, confidence, moved, outlier, version }) => [
        `${index} ${id}`,
        [pile, confidence, moved, outlier, version],
      ]),
      [
        ['4 doc-4', [1, 1, false, false, 0]],
        ['7 doc-7', [1, 1, false, false, 0]],
      ],
    );
    const outliers = await store.piles.listDocuments({ clustering, outliers: true, ...firstPage });
    assert.deepEqual([outliers.total, outliers.items.map(({ index }) => index)], [2, [0, 97]]);
    assert.equal((await store.piles.listDocuments({ clustering, outliers: false, pile: 0, ...firstPage })).total, 26);
  });

  it('list documents by confidence, those that a person moved before all others', async () => {
    const ranked = exampleClustering({ id: 'split-ranked' });
    const rows = { ...exampleRows(), confidence: Float32Array.from({ length: 80 }, (_, row) => ((7 * row) % 80) / 80) };
    await store.splits.add(ranked, rows);
    const inPile = { clustering: ranked.id, pile: 1, order: 'confidence' } as const;
    const before = await store.piles.listDocuments({ ...inPile, ...firstPage });
    const confidences = before.items.map(({ confidence }) => confidence ?? NaN);
    assert.deepEqual(
      confidences,
      confidences.toSorted((a, b) => b - a),
    );
    assert.ok(before.items.every(({ index, id, pile }) => id === `doc-${index}` && pile === 1));
    await store.labels.move(ranked.id, [{ index: 0, version: 0 }], 1);
    const { total, items } = await store.piles.listDocuments({ ...inPile, offset: 0, limit: 3 });
    assert.equal(total, before.total + 1);
    assert.deepEqual(
      items.map(({ index }) => index),
      [0, ...before.items.slice(0, 2).map(({ index }) => index)],
    );
    const chosen = await store.piles.listDocuments({ clustering: ranked.id, documents: [5, 0, 8], ...firstPage });
    assert.deepEqual(
      chosen.items.map(({ index, pile, version }) => [index, pile, version]),
      [
        [0, 1, 1],
        [5, 2, 0],
      ],
    );
    await store.splits.remove(ranked.id);
  });

  it('tell the gold domains of each pile, the largest first', async () => {
    const piles = await store.piles.domains(clustering);
    assert.deepEqual(
      piles.map(({ pile }) => pile),
      [0, 1, 2],
    );
    const { documents, piles: assigned } = exampleRows();
    const inSecond = [...documents].filter((_, row) => assigned[row] === 1);
    const law = inSecond.filter((index) => index % 2 === 0).length;
    const counts = [
      { name: 'law', documents: law },
      { name: 'größer 🙂', documents: inSecond.length - law },
    ];
    assert.deepEqual(
      piles[1].domains,
      counts.toSorted((a, b) => b.documents - a.documents),
    );
  });

  it('are compared by the documents that both hold', async () => {
    const other = exampleClustering({ id: 'split-another', k: 2 });
    const documents = Int32Array.of(0, 1, 2, 3, 98);
    await store.splits.add(
      { ...other, documents: 5, piles: other.piles.slice(0, 2) },
      { documents, piles: Int32Array.of(0, 0, 1, 1, 1), outliers: new Int32Array(0), rounds: [] },
    );
    const { documents: shared, counts } = await store.splits.compare(clustering, other.id);
    assert.deepEqual([shared, counts], [4, [[1, 1], [1, 0], [0, 1]]]); // prettier-ignore
    await store.splits.remove(other.id);
  });

  it('have piles that people name', async () => {
    await store.piles.rename(clustering, 2, "Code; ' DROP");
    assert.equal((await store.piles.list(clustering))[2].name, "Code; ' DROP");
    await assert.rejects(store.piles.rename(clustering, 3, 'none'), /There is no pile 3/);
  });

  it('refuse rows that do not fit the record', async () => {
    const record = exampleClustering({ id: 'split-misfit' });
    const rows = exampleRows();
    const misfits = [
      { ...rows, piles: rows.piles.map(() => 3) },
      { ...rows, documents: rows.documents.slice(1) },
      { ...rows, rounds: [{ round: 1, posteriors: new Float32Array(7) }] },
      { ...rows, outliers: Int32Array.of(80) },
    ];
    for (const misfit of misfits) await assert.rejects(store.splits.add(record, misfit), RangeError);
    assert.equal((await store.splits.list(firstPage)).total, 1);
  });
});

describe('moves of documents', () => {
  const workshop = new Workshop();
  let store: Store;
  before(() => workshop.begin());
  beforeEach(async () => {
    store = await workshop.open();
    await fill(store);
  });
  after(() => workshop.end());

  const sizes = async (): Promise<number[]> => (await store.piles.list(clustering)).map(({ size }) => size);
  const pileOf = async (document: number): Promise<number> => {
    const { documents, piles } = await store.splits.assignments(clustering);
    return piles[documents.indexOf(document)];
  };

  it('count in the sizes, are listed in their order, and can be taken back one request at a time', async () => {
    const before = await sizes();
    const first = await store.labels.move(
      clustering,
      [
        { index: 0, version: 0 },
        { index: 3, version: 0 },
      ],
      2,
    );
    assert.deepEqual(
      first.map(({ document, from, to }) => [document, from, to]),
      [
        [0, 0, 2],
        [3, 0, 2],
      ],
    );
    await store.labels.move(clustering, [{ index: 0, version: 1 }], 1);
    assert.deepEqual(await sizes(), [before[0] - 2, before[1] + 1, before[2] + 1]);
    assert.deepEqual(
      (await store.labels.undo(clustering)).moves.map(({ document, undone }) => [document, undone]),
      [[0, true]],
    );
    assert.equal(await pileOf(0), 2);
    assert.deepEqual(
      (await store.labels.undo(clustering)).moves.map(({ document }) => document),
      [0, 3],
    );
    assert.deepEqual(await sizes(), before);
    const nothing = { moves: [], pins: [], exclusions: [], renames: [], links: [] };
    assert.deepEqual(await store.labels.undo(clustering), nothing);
    const { total, items } = await store.labels.list(clustering, { offset: 1, limit: 5 });
    assert.equal(total, 3);
    assert.deepEqual(
      items.map(({ sequence, undone }) => `${sequence} ${undone}`),
      ['2 true', '3 true'],
    );
  });

  it('pin their documents, until a person lets them go; who pins others or undoes it is heard in order', async () => {
    await writeDocuments(store.folder);
    const pinned = async (): Promise<number[]> => [...(await store.pins.of(clustering))];
    await store.labels.move(clustering, [{ index: 0, version: 0 }], 2);
    assert.deepEqual(await pinned(), [0]);
    const pins = await store.pins.set(clustering, [0, 3, 6], true);
    assert.deepEqual(pins.map(({ document }) => document), [3, 6]); // prettier-ignore
    await store.pins.set(clustering, [0, 3], false);
    assert.deepEqual(await pinned(), [6]);
    const { items } = await store.piles.listDocuments({ clustering, documents: [0, 6], ...firstPage });
    assert.deepEqual(items.map((row) => [row.moved, row.pinned]), [[true, undefined], [false, true]]); // prettier-ignore
    assert.deepEqual((await store.placements.find(clustering, 6))?.row.pinned, true);
    await store.labels.move(clustering, [{ index: 3, version: 0 }], 1);
    assert.deepEqual(await pinned(), [3, 6]);
    const undone = async (): Promise<number[]> => {
      const { moves, pins: taken } = await store.labels.undo(clustering);
      return [moves.length, taken.length];
    };
    assert.deepEqual(await undone(), [1, 0]);
    assert.deepEqual(await undone(), [0, 2]);
    assert.deepEqual(await pinned(), [0, 3, 6]);
    assert.deepEqual(await undone(), [0, 2]);
    assert.deepEqual(await undone(), [1, 0]);
    assert.deepEqual(await pinned(), []);
    await assert.rejects(store.pins.set(clustering, [8], true), /Document 8 is not in/);
  });

  it('of whole piles merge them, pin nobody, and are taken back in one step', async () => {
    const before = await sizes();
    const { piles } = await store.splits.assignments(clustering);
    await store.labels.move(clustering, [{ index: 0, version: 0 }], 1);
    assert.equal(await store.pileChanges.merge(clustering, 1, 2), before[1] + 1);
    assert.deepEqual(await sizes(), [before[0] - 1, 0, before[2] + before[1] + 1]);
    assert.deepEqual([...(await store.pins.of(clustering))], [0], 'what was moved by itself stays pinned');
    await assert.rejects(store.labels.move(clustering, [{ index: 1, version: 0 }], 0), ConflictError);
    assert.equal((await store.labels.undo(clustering)).moves.length, before[1] + 1);
    assert.deepEqual([await pileOf(0), await pileOf(1)], [1, 1]);
    await store.labels.undo(clustering);
    assert.deepEqual((await store.splits.assignments(clustering)).piles, piles);
    assert.deepEqual(await sizes(), before);
    await assert.rejects(store.pileChanges.merge(clustering, 1, 1), /cannot be merged into itself/);
    await assert.rejects(store.pileChanges.merge(clustering, 1, 3), /There is no pile 3/);
  });

  it('of one document from two windows: the first wins, the second hears so, and does nothing', async () => {
    await store.labels.move(clustering, [{ index: 1, version: 0 }], 2);
    const before = await sizes();
    const late = store.labels.move(
      clustering,
      [
        { index: 0, version: 0 },
        { index: 1, version: 0 },
      ],
      0,
    );
    await assert.rejects(late, (error) => {
      assert(error instanceof ConflictError);
      assert.match(error.message, /Document 1 was changed .* stays in pile C/);
      return error.next.length > 0;
    });
    assert.deepEqual(await sizes(), before);
    assert.equal((await store.labels.list(clustering, firstPage)).total, 1);
    const both = [1, 2].map((to) => store.labels.move(clustering, [{ index: 6, version: 0 }], to));
    const outcomes = await Promise.allSettled(both);
    assert.deepEqual(outcomes.map(({ status }) => status), ['fulfilled', 'rejected']); // prettier-ignore
    assert.equal(await pileOf(6), 1);
  });

  it('to where the documents are already, of unknown documents or to unknown piles change nothing', async () => {
    assert.deepEqual(await store.labels.move(clustering, [{ index: 0, version: 0 }], 0), []);
    await assert.rejects(store.labels.move(clustering, [{ index: 8, version: 0 }], 0), /Document 8 is not in/);
    await assert.rejects(store.labels.move(clustering, [{ index: 0, version: 0 }], 3), /There is no pile 3/);
    await assert.rejects(store.labels.move('split-missing', [{ index: 0, version: 0 }], 0), UserError);
    assert.equal((await store.labels.list(clustering, firstPage)).total, 0);
  });

  it('and undos in any order give what a plain model of them gives', async () => {
    const { documents, piles } = exampleRows();
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.tuple(fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 4 }), fc.nat(2)) },
      { weight: 2, arbitrary: fc.constant('undo' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), fc.uuid(), async (steps, name) => {
        const id = `split-${name.replaceAll('-', '')}`;
        await store.splits.add(exampleClustering({ id }), exampleRows());
        const model = Int32Array.from(piles);
        const versions = new Map<number, number>();
        const changed = (place: number, pile: number): void => {
          model[place] = pile;
          versions.set(place, (versions.get(place) ?? 0) + 1);
        };
        const history: (readonly (readonly [number, number])[])[] = [];
        for (const taken of steps) {
          if (taken === 'undo') {
            await store.labels.undo(id);
            for (const [place, pile] of history.pop() ?? []) changed(place, pile);
            continue;
          }
          const [places, to] = taken;
          const seen = places.map((place) => ({ index: documents[place], version: versions.get(place) ?? 0 }));
          await store.labels.move(id, seen, to);
          const batch = places.filter((place) => model[place] !== to).map((place) => [place, model[place]] as const);
          if (batch.length > 0) history.push(batch);
          for (const [place] of batch) changed(place, to);
        }
        assert.deepEqual((await store.splits.assignments(id)).piles, model);
        const counted = [0, 1, 2].map((pile) => model.filter((other) => other === pile).length);
        assert.deepEqual((await store.piles.list(id)).map(({ size }) => size), counted); // prettier-ignore
      }),
      { numRuns: 12 },
    );
  });
});

describe('links', () => {
  const workshop = new Workshop();
  let store: Store;
  before(async () => {
    await workshop.begin();
    store = await workshop.open();
    await store.datasets.add(exampleDataset());
  });
  after(() => workshop.end());

  it('hold both ways, once, and never against each other', async () => {
    const pair = { dataset: 'data-example', kind: 'must' as const, a: 7, b: 3 };
    const link = await store.links.add(pair);
    assert.deepEqual([link.a, link.b], [3, 7]);
    assert.deepEqual(await store.links.add({ ...pair, a: 3, b: 7 }), link);
    await assert.rejects(
      store.links.add({ ...pair, kind: 'cannot' }),
      /3 and 7 are linked already: they must share a pile/,
    );
    const cannot = await store.links.add({ ...pair, kind: 'cannot', b: 8 });
    assert.deepEqual((await store.links.list('data-example', firstPage)).items, [cannot, link]);
    await store.links.remove(link.id);
    assert.equal((await store.links.list('data-example', firstPage)).total, 1);
    await assert.rejects(store.links.remove(link.id), /There is no link/);
  });

  it('join two documents that exist', async () => {
    const pair = { dataset: 'data-example', kind: 'must' as const, a: 99, b: 0 };
    await store.links.add(pair);
    await assert.rejects(store.links.add({ ...pair, a: 100 }), /There is no document 100: data-example has 100/);
    await assert.rejects(store.links.add({ ...pair, a: 0 }), /linked to itself/);
    await assert.rejects(store.links.add({ ...pair, dataset: 'data-missing' }), /There is no dataset/);
  });

  it('are marked on their documents, and told of a split as long as it does not honour them', async () => {
    const folded = await workshop.open();
    await fill(folded);
    await writeDocuments(folded.folder);
    const { id } = exampleClustering();
    // Piles are indices modulo 3, and every tenth document, counted from 8, is in no pile.
    const pairs = [
      { kind: 'must' as const, a: 0, b: 3 },
      { kind: 'must' as const, a: 0, b: 1 },
      { kind: 'cannot' as const, a: 2, b: 5 },
      { kind: 'must' as const, a: 0, b: 8 },
    ];
    for (const pair of pairs) await folded.links.add({ dataset: 'data-example', ...pair });
    assert.equal((await folded.splits.get(id)).unmetLinks, 2);
    await folded.labels.move(id, [{ index: 1, version: 0 }], 0);
    await folded.labels.move(id, [{ index: 5, version: 0 }], 0);
    const [listed] = (await folded.splits.list(firstPage)).items;
    assert.equal('unmetLinks' in listed, false);
    const { items } = await folded.documents.list({ dataset: 'data-example', offset: 0, limit: 9 });
    const linked = items.filter((document) => document.linked === true);
    assert.deepEqual(
      linked.map(({ index }) => index),
      [0, 1, 2, 3, 5, 8],
    );
  });
});
