import assert from 'node:assert/strict';
import { crashMatrix } from './matrix';

describe('kills at random moments', () => {
  it('change nothing of what comes out; the whole matrix is `node dist/test/crash/main.js`', async () => {
    const { kills, runs } = await crashMatrix(6, 7, 60);
    assert.equal(kills, 6);
    assert.ok(runs >= 2);
  });
});
