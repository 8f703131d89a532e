import assert from 'node:assert/strict';
import type { Metric } from '../../backend/protocol/run';
import { PointsReader } from '../../extension/pages/points';

describe('the points of a run that a page is told', () => {
  let file: Metric[];
  let told: Metric[];
  let reader: PointsReader;

  const points = (from: number, to: number, attempt: number): Metric[] =>
    Array.from({ length: to - from + 1 }, (_, i) => {
      return { sequence: from + i, seconds: from + i + attempt / 10, stage: 'a', step: from + i, values: { loss: 1 } };
    });

  beforeEach(() => {
    [file, told] = [[], []];
    const call = (_method: string, { after = 0, limit = 0 }: { after?: number; limit?: number }): Promise<Metric[]> =>
      Promise.resolve(file.filter(({ sequence }) => sequence > after).slice(0, limit));
    reader = new PointsReader({ call: call as never }, 'run-1');
  });

  async function tell(): Promise<number> {
    let read = 0;
    for await (const { keep, points: news } of reader.news()) {
      told = [...told.slice(0, keep), ...news];
      read += news.length;
    }
    return read;
  }

  it('are those of the file, each read once while it grows', async () => {
    file = points(1, 25_000, 1);
    assert.equal(await tell(), 25_000);
    file.push(...points(25_001, 25_003, 1));
    assert.equal(await tell(), 3);
    assert.equal(await tell(), 0);
    assert.deepEqual(told, file);
  });

  it('are read anew where a run went on from a checkpoint before them', async () => {
    file = points(1, 100, 1);
    await tell();
    file = file.slice(0, 80);
    await tell();
    assert.deepEqual(told, file);
    file.push(...points(81, 100, 1));
    await tell();
    // All of it happened between two looks.
    file = [...file.slice(0, 80), ...points(81, 120, 2)];
    await tell();
    assert.deepEqual(told, file);
  });
});
