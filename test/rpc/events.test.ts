import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BackendEvent, NumberedEvent } from '../../backend/protocol/event';
import { EventHub } from '../../backend/rpc/server/events';
import { changed, progress } from '../server/support';

const ended = (id: string): BackendEvent => ({
  type: 'run',
  run: {
    id,
    spec: { kind: 'mix', experts: 'experts-abc123', seed: 1 },
    state: 'done',
    created: '2026-01-01T00:00:00Z',
    attempt: 1,
    seconds: 1,
    inputs: {},
  },
});
const names = (events: NumberedEvent[] | null): string[] | undefined =>
  events?.map(({ event }) => (event.type === 'changed' ? event.id : event.type === 'progress' ? event.run : 'ended'));

describe('events of the backend', () => {
  it('are numbered from 1 and told to whoever listens', () => {
    const hub = new EventHub();
    const heard: number[] = [];
    const stop = hub.subscribe(({ sequence }) => heard.push(sequence));
    hub.publish(changed('a'));
    hub.publish(progress('run-a', 1));
    stop();
    hub.publish(changed('b'));
    assert.deepEqual(heard, [1, 2]);
    assert.equal(hub.latest, 3);
  });

  it('are kept for a client that comes back: all but progress that newer progress or the end has overtaken', () => {
    const hub = new EventHub();
    for (let done = 0; done < 5; done++) hub.publish(progress('run-a', done));
    hub.publish(changed('x'));
    hub.publish(progress('run-b', 1));
    hub.publish(progress('run-a', 5));
    assert.deepEqual(names(hub.since(0)), ['x', 'run-b', 'run-a']);
    assert.deepEqual(names(hub.since(7)), ['run-a']);
    assert.deepEqual(hub.since(8), []);
    hub.publish(ended('run-a'));
    assert.deepEqual(names(hub.since(5)), ['x', 'run-b', 'ended']);
  });

  it('that are not kept any more, or were never told, are not passed over in silence', () => {
    const hub = new EventHub(3);
    for (const id of 'abcde') hub.publish(changed(id));
    assert.equal(hub.since(0), null);
    assert.equal(hub.since(1), null);
    assert.deepEqual(names(hub.since(2)), ['c', 'd', 'e']);
    assert.equal(hub.since(6), null, 'a number of the future is of another backend');
    for (let i = 0; i < 100; i++) hub.publish(progress('run-a', i));
    assert.deepEqual(names(hub.since(2)), ['c', 'd', 'e', 'run-a'], 'progress pushes nothing out');
  });

  it('give one who comes back at any time all that is not progress, and the latest progress, in order', () => {
    const event = fc.oneof(
      fc.constant(changed('x')),
      fc.constantFrom('run-a', 'run-b').map((run) => progress(run, 1)),
      fc.constantFrom('run-a', 'run-b').map(ended),
    );
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.nat(40),
        fc.integer({ min: 1, max: 50 }),
        (list, seen, keep) => {
          const hub = new EventHub(keep);
          const all = list.map((item) => hub.publish(item));
          const missed = hub.since(seen);
          const due = all.slice(seen).filter(({ event: { type } }) => type !== 'progress');
          if (missed === null) return seen > list.length || due.length > keep;
          const told = missed.filter(({ event: { type } }) => type !== 'progress');
          assert.deepEqual(told, due);
          assert(missed.every(({ sequence }, i) => sequence > (missed[i - 1]?.sequence ?? seen)));
          return true;
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});
