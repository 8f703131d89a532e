import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { RunSpec } from '../../backend/protocol/run';
import type { Params } from '../../backend/protocol/messages';
import type { Polymath } from '../../extension/polymath';
import type { Footer, PagedTree, TreeRow } from '../../extension/views/paged-tree';
import type { PilesNode } from '../../extension/views/piles';
import { eventually, polymath } from './support';

describe('trees of a project', () => {
  let parts: Polymath;
  let dataset = '';
  let clustering = '';

  async function runToEnd(spec: Params<'runs/start'>['spec'], kind: RunSpec['kind']): Promise<string> {
    const { id } = await parts.client.call('runs/start', { spec });
    const run = await eventually(async () => {
      const found = await parts.client.call('runs/get', { run: id });
      assert.equal(found.state, 'done', `${kind}: ${JSON.stringify(found.failure)}`);
      return found;
    });
    return run.result ?? '';
  }

  before(async function () {
    parts = await polymath();
    dataset = await runToEnd({ kind: 'import', source: 'sample:brown' }, 'import');
    clustering = await runToEnd({ kind: 'split', dataset, method: 'unigram', k: 3, name: 'genres' }, 'split');
  });

  async function rowsBelow<T>(tree: PagedTree<T>, parent?: TreeRow<T>): Promise<TreeRow<T>[]> {
    return (await tree.getChildren(parent)).filter((row) => 'value' in row);
  }

  async function footerBelow<T>(tree: PagedTree<T>, parent: TreeRow<T>): Promise<Footer<T> | undefined> {
    return (await tree.getChildren(parent)).find((row) => 'act' in row);
  }

  async function pileRows(): Promise<TreeRow<PilesNode>[]> {
    const split = (await rowsBelow(parts.piles)).find(({ id }) => id === clustering);
    assert.ok(split, 'the split is not in the tree');
    return rowsBelow(parts.piles, split);
  }

  /** The documents that a pile shows, with what is known of each. */
  async function documentsIn(number: number): Promise<(TreeRow<PilesNode> & { value: { kind: 'document' } })[]> {
    const rows = await rowsBelow(parts.piles, (await pileRows())[number]);
    return rows.filter(
      (row): row is TreeRow<PilesNode> & { value: { kind: 'document' } } => row.value.kind === 'document',
    );
  }

  const indicesIn = async (number: number): Promise<number[]> =>
    (await documentsIn(number)).map(({ value }) => value.index);

  async function placeOf(index: number): Promise<number> {
    const { items } = await parts.client.call('piles/documents', { clustering, documents: [index] });
    return items[0].pile;
  }

  it('show a hundred rows of a long list, more on request, and keep them the same objects', async () => {
    const { datasets } = parts;
    const root = (await rowsBelow(datasets)).find(({ id }) => id === dataset);
    assert.ok(root);
    const train = (await rowsBelow(datasets, root)).find(({ id }) => id === `${dataset}/train`);
    assert.ok(train);
    const first = await rowsBelow(datasets, train);
    assert.equal(first.length, 100);
    (await footerBelow(datasets, train))?.act();
    const more = await rowsBelow(datasets, train);
    assert.equal(more.length, 200);
    assert.deepEqual(
      first.map((row, i) => row === more[i]),
      first.map(() => true),
    );
    assert.equal(new Set(more.map(({ id }) => id)).size, 200);
  });

  it('show the documents of a pile by confidence, and tell the size and the gold domains of the pile', async () => {
    const rows = await pileRows();
    const { piles } = await parts.client.call('splits/get', { clustering });
    const shown = rows.map(({ value }) => (value.kind === 'pile' ? value.record.size : undefined));
    assert.deepEqual(
      shown.slice(0, 3),
      piles.map(({ size }) => size),
    );
    const confidences = (await documentsIn(0)).map(({ value }) => value.document.confidence ?? NaN);
    assert.deepEqual(
      confidences,
      confidences.toSorted((a, b) => b - a),
    );
    const known = await eventually(async () => {
      const [pile] = await pileRows();
      assert.ok(pile.value.kind === 'pile' && pile.value.domains.length > 0);
      return pile.value;
    });
    assert.equal(
      known.domains.reduce((sum, { documents }) => sum + documents, 0),
      known.record.size,
    );
  });

  it('move documents by command and by drag, and take the moves back in the opposite order', async () => {
    const [first, second, third] = await documentsIn(0);
    const before = await indicesIn(0);
    await vscode.commands.executeCommand('polymath.piles.move', first, [first, second], { clustering, pile: 1 });
    assert.deepEqual(
      (await indicesIn(1)).slice(0, 2),
      [first, second].map(({ value }) => value.index).sort((a, b) => a - b),
    );
    const transfer = new vscode.DataTransfer();
    const token = new vscode.CancellationTokenSource().token;
    await parts.piles.drag.handleDrag?.([third], transfer, token);
    // Onto a document, which stands for its pile.
    await parts.piles.drag.handleDrop?.((await documentsIn(2))[0], transfer, token);
    assert.equal(await placeOf(third.value.index), 2);
    const [split] = await rowsBelow(parts.piles);
    await vscode.commands.executeCommand('polymath.piles.undo', split);
    assert.equal(await placeOf(third.value.index), 0);
    await vscode.commands.executeCommand('polymath.piles.undo', split);
    assert.deepEqual(await indicesIn(0), before);
  });

  it('move nothing where another window was faster', async () => {
    const [first, second] = await documentsIn(0);
    const seen = [first, second].map(({ value: { index, document } }) => ({ index, version: document.version }));
    await parts.client.call('labels/move', { clustering, documents: [seen[1]], to: 2 });
    const stale = { clustering, documents: seen };
    await vscode.commands.executeCommand('polymath.piles.move', stale, undefined, { clustering, pile: 1 });
    assert.deepEqual(await Promise.all(seen.map(({ index }) => placeOf(index))), [0, 2]);
    await parts.client.call('labels/undo', { clustering });
  });

  it('refuse to move documents of one split to a pile of another', async () => {
    const [row] = await documentsIn(0);
    await vscode.commands.executeCommand('polymath.piles.move', row, [row], { clustering: 'split-another', pile: 1 });
    assert.equal(await placeOf(row.value.index), 0);
  });

  it('select a document that stands far down in its pile, and tell what is selected', async () => {
    const { piles, client } = parts;
    const { total } = await client.call('piles/documents', { clustering, pile: 1 });
    const last = { clustering, pile: 1, order: 'confidence', offset: total - 1 } as const;
    const [{ index }] = (await client.call('piles/documents', last)).items;
    const told: unknown[] = [];
    const subscription = piles.onDidSelect((selection) => told.push(selection));
    await piles.reveal(clustering, index);
    await eventually(() => assert.deepEqual(piles.selected, { clustering, documents: [index] }));
    await eventually(() => assert.deepEqual(told.at(-1), { clustering, documents: [index] }));
    subscription.dispose();
  });

  it('link two documents, list the link below their dataset, and remove it', async () => {
    const { datasets } = parts;
    const pair = (await documentsIn(2)).slice(0, 2);
    await vscode.commands.executeCommand('polymath.links.cannot', pair[0], pair);
    const links = async (): Promise<TreeRow<unknown>[]> => {
      const root = (await rowsBelow(datasets)).find(({ id }) => id === dataset);
      const group = (await rowsBelow(datasets, root)).find(({ id }) => id === `${dataset}/links`);
      return group === undefined ? [] : rowsBelow(datasets, group);
    };
    const [link, ...others] = await links();
    assert.deepEqual(others, []);
    assert.match(link.id, /\/links\/link-/);
    await vscode.commands.executeCommand('polymath.links.remove', link);
    assert.deepEqual(await links(), []);
  });

  it('say what is in the way of a removal, and remove nothing', async () => {
    const row = (await rowsBelow(parts.datasets)).find(({ id }) => id === dataset);
    assert.ok(row);
    await vscode.commands.executeCommand('polymath.datasets.remove', row);
    assert.equal((await parts.client.call('datasets/get', { dataset })).id, dataset);
  });

  it('copy ids', async () => {
    const rows = (await documentsIn(0)).slice(0, 2);
    await vscode.commands.executeCommand('polymath.copyId', rows[0], rows);
    assert.equal(await vscode.env.clipboard.readText(), rows.map(({ value }) => value.document.id).join('\n'));
  });
});
