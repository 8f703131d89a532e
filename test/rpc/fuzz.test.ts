import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { type Backend, client, initializeRequest, methodNames, RawClient, startBackend } from '../server/support';

const parameters = fc.dictionary(
  fc.constantFrom(
    'dataset',
    'clustering',
    'run',
    'offset',
    'limit',
    'spec',
    'index',
    'pile',
    'to',
    'name',
    '__proto__',
  ),
  fc.oneof(fc.constantFrom('data-abc123', 'split-abc123', 'run-abc123', 0, 1, -1, '../x'), fc.jsonValue()),
);
const request = fc
  .record({
    id: fc.oneof(fc.nat(5), fc.string(), fc.jsonValue()),
    method: fc.constantFrom(...methodNames),
    params: parameters,
  })
  .map((fields) => JSON.stringify({ jsonrpc: '2.0', ...fields }));

/** A request with some of its characters removed, doubled or replaced. */
const damaged = fc
  .tuple(request, fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 3 }), fc.nat(4)), { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) =>
    edits.reduce((result, [place, insert, remove]) => {
      const at = place % (result.length + 1);
      return result.slice(0, at) + insert + result.slice(at + remove);
    }, text),
  );
const message = fc.oneof(
  { weight: 2, arbitrary: request },
  { weight: 4, arbitrary: damaged },
  { weight: 1, arbitrary: fc.json({ maxDepth: 6 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
);

/** One that JSON-RPC answers with silence. */
function isNotification(text: string): boolean {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && 'method' in value && !('id' in value);
  } catch {
    return false;
  }
}

describe('whatever a client sends', () => {
  let backend: Backend;
  before(async () => (backend = await startBackend()));
  after(() => backend.close());

  it('is answered, or closes its connection, and others are served on: messages', async () => {
    const good = await client(backend);
    let raw = await RawClient.initialized(backend);
    let sent = 0;
    const isAnswered = async (text: string): Promise<void> => {
      if (raw.socket.readyState !== WebSocket.OPEN) raw = await RawClient.initialized(backend);
      const probe = `probe ${++sent}`;
      raw.socket.send(text);
      raw.socket.send(JSON.stringify({ jsonrpc: '2.0', id: probe, method: 'project/info' }));
      const replies: Record<string, unknown>[] = [];
      for (;;) {
        const reply = await raw.next().catch(() => undefined);
        if (reply === undefined) return;
        if (reply.id === probe) break;
        replies.push(reply);
      }
      assert(isNotification(text) || replies.length === 1, `${replies.length} replies`);
      for (const reply of replies) assert('result' in reply !== 'error' in reply);
      if (sent % 50 === 0) await good.call('project/info', {});
    };
    await fc.assert(fc.asyncProperty(message, isAnswered), { seed: 20261123, numRuns: 2000 });
    assert(sent >= 2000);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert.deepEqual(backend.logged, []);
    await good.close();
    raw.socket.close();
  });

  it('is answered, or closes its connection, and others are served on: bytes', async () => {
    const good = await client(backend);
    const frames = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.tuple(fc.nat(255), fc.nat(255), fc.uint8Array({ maxLength: 30 })).map(([a, b, rest]) => [a, b, ...rest]),
      ),
      { minLength: 1, maxLength: 5 },
    );
    const endsWell = async (chunks: readonly ArrayLike<number>[]): Promise<void> => {
      const raw = await RawClient.open(backend);
      raw.socket.send(JSON.stringify(initializeRequest()));
      const wire = (raw.socket as unknown as { _socket: Duplex })._socket;
      for (const chunk of chunks) wire.write(Uint8Array.from(chunk));
      await good.call('project/info', {});
      const closed = once(raw.socket, 'close');
      raw.socket.terminate();
      await closed;
    };
    await fc.assert(fc.asyncProperty(frames, endsWell), { seed: 20261123, numRuns: 300 });
    await good.close();
  });
});
