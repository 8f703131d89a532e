import assert from 'node:assert/strict';
import { mutated, tryMutations } from '../support/mutations';

describe('files with bytes changed at random', () => {
  for (const kind of Object.keys(mutated)) {
    it(`${kind}: a clear error, or what the file says`, async () => {
      const { refused, faults } = await tryMutations(kind, 30);
      assert.deepEqual(faults, []);
      assert.ok(refused > 3, `${refused} refused`);
    });
  }
});
