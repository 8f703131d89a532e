import assert from 'node:assert/strict';
import { crashMatrix, kinds } from './matrix';

describe('kills at random moments', () => {
  it('change nothing of what comes out; the whole matrix is `node dist/test/crash/main.js`', async () => {
    const { byKind } = await crashMatrix(kinds.length, 7, 60, { mostKills: 1 });
    assert.deepEqual(
      Object.values(byKind),
      kinds.map(() => 1),
    );
  });
});
