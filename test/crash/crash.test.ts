import assert from 'node:assert/strict';
import { crashMatrix } from './matrix';

describe('kills at random moments', () => {
  it('change nothing of what comes out; the whole matrix is `node dist/test/crash/main.js`', async () => {
    const only = ['import', 'split', 'mix', 'evaluate'] as const;
    const { byKind } = await crashMatrix(only.length, 7, 60, { mostKills: 1, only });
    assert.deepEqual(
      only.map((kind) => byKind[kind]),
      only.map(() => 1),
    );
  });
});
