import assert from 'node:assert/strict';
import { damageProjects } from './mutations';

describe('a project whose files were damaged at random', () => {
  it('answers rightly or refuses in words; many more times by `node dist/test/damage/main.js`', async () => {
    const damages = await damageProjects(6, 1);
    assert.deepEqual(
      damages.filter(({ faults }) => faults.length > 0),
      [],
    );
    assert.ok(damages.some(({ told }) => told));
  });
});
