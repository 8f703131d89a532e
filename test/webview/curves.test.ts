import assert from 'node:assert/strict';
import type { Metric } from '../../backend/protocol/run';
import { bandsOf, curvesOf, panelOf, partOf, type Point, smoothed, thinned } from '../../webview/training/curves';

describe('training curves', () => {
  const point = (sequence: number, stage: string, step: number, values: Record<string, number>): Metric => {
    return { sequence, seconds: sequence / 4, stage, step, values };
  };

  it('count their steps on over the stages of a panel, each panel for itself', () => {
    const points = [
      point(1, 'common', 10, { loss: 5 }),
      point(2, 'common', 20, { loss: 4 }),
      point(3, 'experts', 5, { loss: 3, 'loss A': 2 }),
      point(4, 'rounds', 1, { churn: 1 }),
      point(5, 'experts', 15, { loss: 2, 'loss A': 1 }),
    ];
    assert.deepEqual(curvesOf(points, 'steps'), [
      {
        name: 'loss',
        points: [
          [10, 5],
          [20, 4],
          [25, 3],
          [35, 2],
        ],
      },
      {
        name: 'loss A',
        points: [
          [25, 2],
          [35, 1],
        ],
      },
      { name: 'churn', points: [[1, 1]] },
    ]);
    assert.deepEqual(curvesOf(points, 'seconds')[2].points, [[1, 1]]);
    assert.deepEqual(bandsOf(points, 'steps', 'loss'), [
      { stage: 'common', from: 10, to: 20 },
      { stage: 'experts', from: 20, to: 35 },
    ]);
    assert.deepEqual(bandsOf(points, 'seconds', 'churn'), [{ stage: 'rounds', from: 1, to: 1 }]);
  });

  it('share a panel where they differ by the letter of an expert alone', () => {
    const names = ['loss', 'loss A', 'learning rate', 'validation loss', 'validation loss AB'];
    assert.deepEqual(names.map(panelOf), ['loss', 'loss', 'learning rate', 'validation loss', 'validation loss']);
    assert.deepEqual(names.map(partOf), ['', 'A', '', '', 'AB']);
  });

  it('are smoothed without a bias to their start', () => {
    const flat: Point[] = [0, 1, 2].map((x) => [x, 3]);
    assert.deepEqual(
      smoothed(flat, 0.9).map(([, y]) => y.toFixed(12)),
      flat.map(() => '3.000000000000'),
    );
    const [, [, second]] = smoothed([...flat.slice(0, 1), [1, 6]], 0.5);
    assert.equal(second, 5);
  });

  it('keep ends, peaks and order when there are more points than can be drawn', () => {
    const many = Array.from({ length: 100_000 }, (_, x): Point => [
      x,
      x === 54_321 ? 1000 : x === 77_777 ? -1000 : Math.sin(x),
    ]);
    const few = thinned(many, 2000);
    assert.ok(few.length <= 2000, `${few.length} points`);
    assert.deepEqual([few[0], few.at(-1)], [many[0], many.at(-1)]);
    assert.ok(few.includes(many[54_321]) && few.includes(many[77_777]));
    assert.ok(few.every(([x], i) => i === 0 || x > few[i - 1][0]));
    assert.equal(thinned(few, 2000), few);
  });
});
