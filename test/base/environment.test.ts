import assert from 'node:assert/strict';
import { UserError } from '../../backend/base/errors';
import { environment, secondsIn } from '../../backend/base/environment';

describe('the environment', () => {
  it('has seconds as numbers, a usual value where nothing is set, and refuses what is none by its name', () => {
    const name = 'POLYMATH_CHECKPOINT_SECONDS';
    assert.deepEqual(
      [undefined, '', '0', '2.5'].map((given) => secondsIn(name, 30, { [name]: given })),
      [30, 30, 0, 2.5],
    );
    for (const given of ['soon', '-1', 'Infinity']) {
      assert.throws(
        () => secondsIn(name, 30, { [name]: given }),
        (error) => error instanceof UserError && error.message.includes(`${name} is no number of seconds: ${given}`),
      );
    }
  });

  it('is read as it is now', () => {
    const before = environment().POLYMATH_CACHE;
    process.env.POLYMATH_CACHE = '/elsewhere';
    try {
      assert.equal(environment().POLYMATH_CACHE, '/elsewhere');
    } finally {
      if (before === undefined) delete process.env.POLYMATH_CACHE;
      else process.env.POLYMATH_CACHE = before;
    }
  });
});
