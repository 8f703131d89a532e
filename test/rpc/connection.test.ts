import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { ConflictError, UserError } from '../../backend/base/errors';
import { largestRequest } from '../../backend/rpc/frames';
import { BackendError } from '../../backend/rpc/client/link';
import type { AnswerToken } from '../../backend/protocol/answers';
import type { NumberedEvent } from '../../backend/protocol/event';
import type { CallOptions, Result } from '../../backend/protocol/messages';
import { EventHub } from '../../backend/rpc/server/events';
import { type Backend, changed, client, progress, startBackend, until } from '../server/support';

const posteriors: Result<'posteriors/get'> = {
  total: 3,
  k: 2,
  documents: Int32Array.of(4, -7, 2 ** 31 - 1),
  posteriors: Float32Array.of(0.25, 0.75, NaN, -0, 1e-45, Infinity),
};
const token = (text: string): AnswerToken => ({ text, logProbability: -1, weights: [1], alternatives: [] });
const answer: Result<'ask'> = { text: '', finish: 'stop', experts: [], promptTokens: 0, tokens: [] };

/** Fulfilled when the caller does not want the answer any more. */
const aborted = ({ signal }: CallOptions): Promise<void> =>
  new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));

describe('a client of the backend', () => {
  let backend: Backend;
  let cancelled = 0;
  before(async () => {
    backend = await startBackend({
      handlers: {
        'posteriors/get': ({ round }) =>
          Promise.resolve(round === 0 ? posteriors : { ...posteriors, documents: Int32Array.of(round) }),
        'datasets/remove': () => Promise.reject(new UserError('The dataset is in use.', 'Remove its splits first.')),
        'labels/move': () => Promise.reject(new ConflictError('Somebody moved it meanwhile.', 'Look again.')),
        'runs/cancel': () => Promise.reject(new Error('defect')),
        doctor: async (_, options) => {
          await aborted(options);
          cancelled++;
          options.signal?.throwIfAborted();
          return [];
        },
        // Committed already: an abort changes nothing.
        'experts/remove': (_, options) => aborted(options).then(() => ({})),
        ask: ({ prompt, stream }, { onToken }) => {
          if (typeof prompt === 'string') for (const word of prompt.split(' ')) onToken?.(token(word));
          return Promise.resolve({ ...answer, experts: stream === undefined ? [] : ['streamed'] });
        },
      },
    });
  });
  after(() => backend.close());

  it('gets typed arrays as they are, each with its own reply', async () => {
    const one = await client(backend);
    const get = (round: number): Promise<Result<'posteriors/get'>> =>
      one.call('posteriors/get', { clustering: 'split-abc123', round });
    assert.deepEqual(await get(0), posteriors);
    const rounds = await Promise.all(Array.from({ length: 20 }, (_, round) => get(round + 1)));
    rounds.forEach(({ documents }, i) => assert.deepEqual(documents, Int32Array.of(i + 1)));
    await one.close();
  });

  it('gets errors as they were thrown', async () => {
    const one = await client(backend);
    await assert.rejects(one.call('datasets/remove', { dataset: 'data-abc123' }), (error) => {
      assert(error instanceof UserError);
      assert.deepEqual([error.message, error.next], ['The dataset is in use.', 'Remove its splits first.']);
      return true;
    });
    const move = { clustering: 'split-abc123', documents: [{ index: 0, version: 0 }], to: 1 };
    await assert.rejects(one.call('labels/move', move), (error) => {
      assert(error instanceof ConflictError);
      assert.deepEqual([error.message, error.next], ['Somebody moved it meanwhile.', 'Look again.']);
      return true;
    });
    await assert.rejects(one.call('runs/cancel', { run: 'run-abc123' }), (error) => error instanceof BackendError);
    await assert.rejects(one.call('runs/get', { run: '../run' }), /it should look like run-/);
    await one.close();
  });

  it('does not send what is too large, and goes on', async () => {
    const one = await client(backend);
    const source = 'x'.repeat(largestRequest);
    await assert.rejects(one.call('runs/start', { spec: { kind: 'import', source } }), /larger than 8 MiB/);
    await one.call('project/info', {});
    await one.close();
  });

  it('cancels a call, hears what became of it, and sends nothing for a signal that was given before', async () => {
    const one = await client(backend);
    const abort = new AbortController();
    const [cancelledCall, committed] = [
      one.call('doctor', {}, { signal: abort.signal }),
      one.call('experts/remove', { experts: 'experts-abc123' }, { signal: abort.signal }),
    ];
    await one.call('project/info', {});
    const before = cancelled;
    abort.abort();
    await assert.rejects(cancelledCall, { name: 'AbortError' });
    assert.deepEqual(await committed, {});
    assert.equal(cancelled, before + 1);
    const calls = backend.calls.length;
    await assert.rejects(one.call('doctor', {}, { signal: abort.signal }), { name: 'AbortError' });
    assert.equal(backend.calls.length, calls);
    await one.close();
  });

  it('alone gets the tokens of its answers, before the answer, each answer its own', async () => {
    const [one, two] = [await client(backend), await client(backend)];
    const heard: Record<string, string[]> = { a: [], b: [], c: [] };
    const ask = (of: typeof one, prompt: string, into: string): Promise<string> =>
      of
        .call('ask', { model: 'mixture', prompt }, { onToken: ({ text }) => heard[into].push(text) })
        .then(({ experts: [streamed] }) => `${streamed} ${heard[into].join(' ')}`);
    assert.deepEqual(await Promise.all([ask(one, 'x y z', 'a'), ask(one, 'u v', 'b'), ask(two, 'w', 'c')]), [
      'streamed x y z',
      'streamed u v',
      'streamed w',
    ]);
    assert.deepEqual((await one.call('ask', { model: 'mixture', prompt: 'x' })).experts, []);
    await Promise.all([one.close(), two.close()]);
  });

  it('that leaves takes its calls along: they are aborted, those of others are not', async () => {
    const [one, two] = [await client(backend), await client(backend)];
    const abort = new AbortController();
    const [ofOne, ofTwo] = [one.call('doctor', {}), two.call('doctor', {}, { signal: abort.signal })];
    ofTwo.catch(() => undefined);
    await two.call('project/info', {});
    await one.call('project/info', {});
    const before = cancelled;
    await Promise.all([assert.rejects(ofOne, /connection to the backend was closed/), one.close()]);
    await until(() => cancelled > before);
    await two.call('project/info', {});
    assert.equal(cancelled, before + 1);
    abort.abort();
    await assert.rejects(ofTwo, { name: 'AbortError' });
    await assert.rejects(one.call('project/info', {}), UserError);
    assert.equal(await one.closed, undefined);
    await two.close();
  });

  it('hears every event, as every other client does, until it stops listening', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => client(backend)));
    const heard: string[][] = clients.map(() => []);
    const stops = clients.map((one, i) =>
      one.listen(({ event }) => heard[i].push('id' in event ? event.id : event.type)),
    );
    for (const id of ['a', 'b', 'c']) backend.events.publish(changed(id));
    await until(() => heard.every(({ length }) => length === 3));
    stops[0]();
    backend.events.publish(changed('d'));
    await until(() => heard[4].length === 4);
    assert.deepEqual(
      [heard[0], heard[1]],
      [
        ['a', 'b', 'c'],
        ['a', 'b', 'c', 'd'],
      ],
    );
    await Promise.all(clients.map((one) => one.close()));
  });
});

describe('a client that loses the connection', () => {
  it('is told why, and its calls are rejected, when it may not come back', async () => {
    const backend = await startBackend({ handlers: { doctor: (_, options) => aborted(options).then(() => []) } });
    let told: Error | undefined;
    const one = await client(backend, { onClosed: (reason) => (told = reason) });
    const call = one.call('doctor', {});
    await Promise.all([assert.rejects(call, /code 1001: the backend ends/), backend.close()]);
    assert.match((await one.closed)?.message ?? '', /the backend ends/);
    assert(told instanceof UserError);
    await assert.rejects(one.call('doctor', {}), /the backend ends/);
  });

  it('gives up when the backend does not come back, and at once when it is closed', async () => {
    const backend = await startBackend();
    const patient = await client(backend, { reconnect: true, pauses: [60_000] });
    const hasty = await client(backend, { reconnect: true, pauses: [0, 5, 5] });
    await backend.close();
    assert.match((await hasty.closed)?.message ?? '', /ECONNREFUSED/);
    await assert.rejects(hasty.call('doctor', {}), /ECONNREFUSED/);
    await patient.close();
    assert.equal(await patient.closed, undefined);
  });

  it('comes back and hears each event once and in order, however often it is cut off', async () => {
    const backend = await startBackend();
    const network = cable(backend);
    let resyncs = 0;
    const one = await client(backend, { reconnect: true, onResync: () => resyncs++ });
    const heard: NumberedEvent[] = [];
    one.listen((event) => heard.push(event));
    for (let i = 1; i <= 400; i++) {
      backend.events.publish(i % 10 === 0 ? progress('run-abc', i) : changed(String(i)));
      if (i % 50 === 25) network.cut();
      if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await until(() => heard.at(-1)?.sequence === 400);
    const numbers = heard.map(({ sequence }) => sequence);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
    );
    const lasting = Array.from({ length: 400 }, (_, i) => i + 1).filter((i) => i % 10 !== 0);
    assert.deepEqual(
      numbers.filter((number) => number % 10 !== 0),
      lasting,
    );
    assert(network.cuts >= 8);
    assert.equal(resyncs, 0);
    await one.call('doctor', {});
    await one.close();
    await backend.close();
  });

  it('is told to ask anew where events are not kept any more, and goes on with the next', async () => {
    const backend = await startBackend({ events: new EventHub(5) });
    const network = cable(backend);
    let resyncs = 0;
    const one = await client(backend, { reconnect: true, onResync: () => resyncs++ });
    const heard: number[] = [];
    one.listen(({ sequence }) => heard.push(sequence));
    network.cut();
    for (let i = 0; i < 10; i++) backend.events.publish(changed('x'));
    await one.call('doctor', {}).catch(() => undefined);
    await one.call('doctor', {});
    assert.equal(resyncs, 1);
    backend.events.publish(changed('y'));
    await until(() => heard.length > 0);
    assert.deepEqual(heard, [11]);
    await one.close();
    await backend.close();
  });
});

/** Cuts all connections of a backend, and counts how often it did. */
function cable(backend: Backend): { cut(): void; readonly cuts: number } {
  const sockets = new Set<Socket>();
  let cuts = 0;
  backend.http.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    cut() {
      cuts += sockets.size;
      for (const socket of sockets) socket.destroy();
    },
    get cuts() {
      return cuts;
    },
  };
}
