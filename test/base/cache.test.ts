import assert from 'node:assert/strict';
import { ReferenceCountedCache } from '../../backend/base/cache';

describe('the reference-counted cache', () => {
  const made: string[] = [];
  const disposed: string[] = [];
  let cache: ReferenceCountedCache<string>;

  beforeEach(() => {
    made.length = disposed.length = 0;
    cache = new ReferenceCountedCache(1, (thing) => Promise.resolve(void disposed.push(thing)));
  });

  const use = <R>(name: string, work: (thing: string) => Promise<R>): Promise<R> =>
    cache.use(name, () => Promise.resolve((made.push(name), name)), work);

  it('makes a thing once, and disposes of the one that was used longest ago', async () => {
    for (const name of ['a', 'a', 'b', 'a']) assert.equal(await use(name, (thing) => Promise.resolve(thing)), name);
    assert.deepEqual(made, ['a', 'b', 'a']);
    assert.deepEqual(disposed, ['a', 'b']);
  });

  it('keeps what is in use, however full it is, until its last user is done', async () => {
    await use('a', () => use('a', () => use('b', () => Promise.resolve(assert.deepEqual(disposed, [])))));
    assert.deepEqual(made, ['a', 'b']);
    assert.deepEqual(disposed, ['b']);
  });

  it('tries again to make what could not be made', async () => {
    await assert.rejects(
      cache.use(
        'a',
        () => Promise.reject(new Error('gone')),
        () => Promise.resolve(),
      ),
      /gone/,
    );
    assert.equal(await use('a', (thing) => Promise.resolve(thing)), 'a');
  });
});
