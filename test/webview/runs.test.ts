import assert from 'node:assert/strict';
import { type Row, saying, wantedRows } from '../../webview/runs/columns';

describe('rows of runs', () => {
  const row = (id: string, change: Partial<Row> = {}): Row => ({
    ...{
      id,
      kind: 'Split',
      title: 'Split into 6 piles',
      telling: 'Perplexity EM',
      state: 'done',
      words: 'done in 3 s',
    },
    ...{ created: Number(id), when: '', seconds: 3, opens: 'log', hasCurves: false },
    ...{ figures: {}, note: '', tags: [], ...change },
  });
  const all = { text: '', kind: '', state: '', by: 'created', down: true };
  const idsOf = (rows: readonly Row[]): string => rows.map(({ id }) => id).join(' ');
  const rows = [
    row('1', { figures: { nmi: 0.4 }, note: 'Best so far' }),
    row('2', { telling: 'k-means', figures: { nmi: 0.7 }, tags: ['paper'] }),
    row('3', { kind: 'Training', title: 'Train experts', state: 'failed', words: 'failed: no memory' }),
  ];

  it('stand by a column, either way, and those without its figure last', () => {
    assert.equal(idsOf(wantedRows(rows, all)), '3 2 1');
    assert.equal(idsOf(wantedRows(rows, { ...all, by: 'nmi' })), '2 1 3');
    assert.equal(idsOf(wantedRows(rows, { ...all, by: 'nmi', down: false })), '1 2 3');
    // Of a later version.
    assert.equal(wantedRows(rows, { ...all, by: 'constructor' }).length, 3);
  });

  it('are found by all of several words, in notes and tags too, by kind and by state', () => {
    assert.equal(idsOf(wantedRows(rows, { ...all, text: 'SPLIT best' })), '1');
    assert.equal(idsOf(wantedRows(rows, { ...all, text: 'paper' })), '2');
    assert.equal(idsOf(wantedRows(rows, { ...all, text: 'paper best' })), '');
    assert.equal(idsOf(wantedRows(rows, { ...all, kind: 'Training', state: 'failed' })), '3');
    assert.equal(idsOf(wantedRows(rows, { ...all, kind: 'Training', state: 'done' })), '');
  });

  it('have the columns of figures that one of them has', () => {
    const keys = saying(rows).map(({ key }) => key);
    assert.ok(keys.includes('nmi') && !keys.includes('perplexity'), keys.join());
  });
});
