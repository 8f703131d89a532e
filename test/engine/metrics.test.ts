import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MetricsWriter, readMetrics } from '../../backend/engine/metrics';
import { Rate, Whole } from '../../backend/engine/rate';

describe('the curves of a run', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    path = join(folder, 'metrics.jsonl');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function add(writer: MetricsWriter, stage: string, ...steps: number[]): Promise<void> {
    for (const step of steps) {
      writer.add({ stage, done: step, total: 100, unit: 'tokens', values: { loss: step } });
      await sleep(260);
    }
  }

  const points = async (): Promise<string[]> =>
    (await readMetrics(path, 0, 100)).map(({ sequence, stage, step }) => `${sequence} ${stage} ${step}`);

  it('go on without gaps and without points twice, with the note of a checkpoint and without', async () => {
    const first = await MetricsWriter.open(path, undefined);
    await add(first, 'a', 10, 20);
    const note = first.place();
    await add(first, 'a', 30);
    await appendFile(path, '{"sequence":4,"sec');
    await add(await MetricsWriter.open(path, note), 'a', 25);
    assert.deepEqual(await points(), ['1 a 10', '2 a 20', '3 a 25']);
    await add(await MetricsWriter.open(path, undefined), 'a', 15);
    assert.deepEqual(await points(), ['1 a 10', '2 a 15']);
    await add(await MetricsWriter.open(path, undefined), 'b', 5);
    assert.deepEqual(await points(), ['1 a 10', '2 a 15', '3 b 5']);
  });

  it('are told from any point on', async () => {
    await add(await MetricsWriter.open(path, undefined), 'a', 1, 2, 3);
    assert.deepEqual(
      (await readMetrics(path, 1, 1)).map(({ step }) => step),
      [2],
    );
  });
});

describe('the rate of a run', () => {
  it('is taken over the last seconds, and begins anew with each stage', () => {
    let now = 0;
    const rate = new Rate(() => now);
    const at = (second: number, stage: string, done: number): ReturnType<Rate['add']> => {
      now = second;
      return rate.add({ stage, done, total: 1000, unit: 'tokens' });
    };
    assert.equal(at(0, 'a', 0).rate, undefined);
    assert.equal(at(2, 'a', 20).rate, 10);
    for (let second = 3; second <= 30; second++) at(second, 'a', 20 + 5 * (second - 2));
    assert.equal(Math.round(at(31, 'a', 165).rate ?? 0), 5);
    assert.equal(Math.round(at(31, 'a', 165).secondsLeft ?? 0), 167);
    assert.equal(at(32, 'b', 1).rate, undefined);
  });

  it('as a whole goes by its estimate, never back, and waits for a stage that takes longer and for what is late', () => {
    let now = 0;
    const whole = new Whole(100, 20, () => now);
    const at = (second: number, secondsLeft?: number) => {
      now = second;
      const progress = {
        stage: 'a',
        done: 1,
        total: 2,
        unit: 'tokens',
        ...(secondsLeft !== undefined && { secondsLeft }),
      };
      const { share = NaN, secondsLeft: left = NaN } = whole.add(progress).whole ?? {};
      return [share, left];
    };
    assert.deepEqual(at(30), [0.5, 50]);
    // Its stage alone takes longer than all that was estimated.
    assert.deepEqual(at(40, 140), [0.5, 140]);
    assert.deepEqual(at(60, 5), [0.8, 20]);
    const [share, left] = at(180);
    assert.deepEqual([share < 1, left], [true, 10]);
  });
});
