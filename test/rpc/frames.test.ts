import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import { largestRequest } from '../../backend/rpc/frames';
import type { NumberedEvent } from '../../backend/protocol/event';
import {
  type Backend,
  changed,
  client,
  initializeRequest,
  progress,
  RawClient,
  startBackend,
  until,
} from '../server/support';

describe('frames of a client', () => {
  let backend: Backend;
  before(async () => (backend = await startBackend()));
  after(() => backend.close());
  // One client's bad behaviour hurts no other.
  let bystander: Awaited<ReturnType<typeof client>>;
  before(async () => (bystander = await client(backend)));
  afterEach(() => bystander.call('doctor', {}));

  /** What lies below the socket, to send frames that no client would. */
  const wire = (raw: RawClient): Duplex => (raw.socket as unknown as { _socket: Duplex })._socket;

  /** A frame as a client sends it, masked with zeros. */
  const frame = (opcode: number, payload: Uint8Array, { final = true, rsv1 = false } = {}): Buffer => {
    const first = (final ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
    if (payload.length < 126) return Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
    return Buffer.concat([Buffer.from([first, 0xfe, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]), payload]);
  };

  it('that are too large close the connection with 1009', async () => {
    const raw = await RawClient.initialized(backend);
    raw.socket.send('x'.repeat(largestRequest + 1));
    assert.equal(await raw.closed(), 1009);
    // The length alone is enough: nothing is set aside for what may never come.
    const liar = await RawClient.initialized(backend);
    wire(liar).write(Buffer.from([0x81, 0xff, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
    assert.equal(await liar.closed(), 1009);
  });

  it('of the largest size are read', async () => {
    const raw = await RawClient.initialized(backend);
    const reply = await raw.exchange(`{"x":"${'x'.repeat(largestRequest - 8)}"}`);
    assert('error' in reply);
    raw.socket.close();
  });

  it('in very many pieces close the connection', async () => {
    const raw = await RawClient.initialized(backend);
    const pieces = Array.from({ length: 10_000 }, () => frame(0, Buffer.alloc(1, 32), { final: false }));
    wire(raw).write(Buffer.concat([frame(1, Buffer.from(' '), { final: false }), ...pieces]));
    assert([1006, 1008].includes(await raw.closed()));
    const empty = await RawClient.initialized(backend);
    wire(empty).write(
      Buffer.concat([
        frame(1, Buffer.alloc(0), { final: false }),
        ...Array<Buffer>(131_072).fill(frame(0, Buffer.alloc(0), { final: false })),
      ]),
    );
    assert([1006, 1008].includes(await empty.closed()));
  });

  it('that are no UTF-8 close the connection with 1007', async () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x22, 0xe2, 0x82]]) {
      const raw = await RawClient.initialized(backend);
      wire(raw).write(frame(1, Buffer.from(bytes)));
      assert.equal(await raw.closed(), 1007);
    }
  });

  it('that are binary close the connection with 1003', async () => {
    const raw = await RawClient.initialized(backend);
    raw.socket.send(Buffer.from(JSON.stringify(initializeRequest())), { binary: true });
    assert.equal(await raw.closed(), 1003);
  });

  it('are never compressed: it is not agreed on, and a compressed frame is an error', async () => {
    const raw = await RawClient.open(backend, {
      headers: { authorization: `Bearer ${backend.token}` },
      perMessageDeflate: true,
    });
    assert.equal(raw.socket.extensions, '');
    wire(raw).write(frame(1, deflateRawSync(Buffer.alloc(2 ** 20, 32)), { rsv1: true }));
    assert.equal(await raw.closed(), 1002);
  });

  it('that stop coming give the client away: it does not answer a ping', async () => {
    const pinging = await startBackend({ limits: { pingMilliseconds: 50 } });
    const [silent, good] = [
      await RawClient.initialized(pinging, { autoPong: false, headers: { authorization: `Bearer ${pinging.token}` } }),
      await client(pinging),
    ];
    assert.equal(await silent.closed(), 1006);
    await sleep(120);
    await good.call('doctor', {});
    await good.close();
    await pinging.close();
  });
});

describe('a client that does not read', () => {
  const sequence = (message: Record<string, unknown> = {}): number | undefined =>
    (message.params as NumberedEvent | undefined)?.sequence;
  /** The numbers of the events that came, in the order in which they came. */
  const sequences = (raw: RawClient): number[] => raw.received.flatMap((message) => sequence(message) ?? []);

  it('gets the latest progress alone when it reads again, and every other event, in order; others get all', async () => {
    const backend = await startBackend();
    const slow = await RawClient.initialized(backend);
    const good = await client(backend);
    const heard: NumberedEvent[] = [];
    good.listen((event) => heard.push(event));
    slow.socket.pause();
    for (let i = 1; i <= 50_000; i++) {
      backend.events.publish(i % 1000 === 0 ? changed(`data-${i}`) : progress(`run-${i % 3}`, i));
      if (i % 2000 === 0) await new Promise(setImmediate);
    }
    await until(() => heard.at(-1)?.sequence === 50_000);
    await good.call('doctor', {});
    slow.socket.resume();
    await until(() => sequence(slow.received.at(-1)) === 50_000);
    const numbers = sequences(slow);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
    assert(numbers.length < 30_000, `${numbers.length} events were sent`);
    assert.equal(numbers.filter((number) => number % 1000 === 0).length, 50);
    for (const run of [1, 2, 0]) assert(numbers.some((number) => number > 49_990 && number % 3 === run));
    slow.socket.close();
    await good.close();
    await backend.close();
  });

  it('is given up when more than 16 MiB wait for it', async () => {
    const backend = await startBackend();
    const slow = await RawClient.initialized(backend);
    const closed = slow.closed();
    slow.socket.pause();
    const long = 'x'.repeat(100_000);
    let published = 0;
    for (; published < 400; published++) {
      backend.events.publish(changed(long));
      await new Promise(setImmediate);
    }
    slow.socket.resume();
    assert.equal(await closed, 1013);
    assert(sequences(slow).length < published);
    await backend.close();
  });

  it('is not read itself: its requests wait, and its replies do not pile up', async () => {
    const result = { text: 'x'.repeat(2 ** 20), next: 0 };
    const backend = await startBackend({ handlers: { 'runs/log': () => Promise.resolve(result) } });
    const slow = await RawClient.initialized(backend);
    slow.socket.pause();
    for (let id = 0; id < 60; id++) {
      slow.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'runs/log', params: { run: 'run-abc123' } }));
      await new Promise(setImmediate);
    }
    await sleep(50);
    assert(backend.calls.length < 30, `${backend.calls.length} calls were carried out`);
    slow.socket.resume();
    await until(() => slow.received.length === 61);
    assert.equal(backend.calls.length, 60);
    slow.socket.close();
    await once(slow.socket, 'close');
    await backend.close();
  });
});
