import assert from 'node:assert/strict';
import { redisThere } from '../support/redis';
import { workersMatrix } from './workers';

describe('kills at random moments, with workers of a queue', () => {
  it('change nothing of what comes out; the whole matrix is `node dist/test/crash/main.js 200 1 workers`', async function () {
    if (!redisThere) {
      console.log('      skipped: there is no redis-server on this machine (apt-get install redis-server)');
      return this.skip();
    }
    const { kills, runs } = await workersMatrix({ kills: 3, seed: 2, documents: 60, workers: 2, only: ['split'] });
    assert.equal(runs, 1);
    assert.equal(
      Object.values(kills).reduce((sum, count) => sum + count, 0),
      3,
    );
  });
});
