import assert from 'node:assert/strict';
import { rpcCodes } from '../../backend/rpc/frames';
import { errorCodes, protocolVersion } from '../../backend/protocol/messages';
import {
  type Backend,
  client,
  errorOf,
  initializeRequest,
  methodNames,
  RawClient,
  startBackend,
  until,
} from './support';

describe('messages of a client', () => {
  let backend: Backend;
  let raw: RawClient;
  let finish: () => void = () => undefined;
  before(async () => {
    const waiting = new Promise<void>((resolve) => (finish = resolve));
    backend = await startBackend({
      handlers: {
        doctor: () => waiting.then(() => []),
        'models/list': () => Promise.reject(new Error('secret path /home/user')),
      },
    });
    raw = await RawClient.initialized(backend);
  });
  after(() => backend.close());

  const prototypeBefore = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
  beforeEach(() => void (backend.calls.length = 0));
  // Whatever came in: nothing was carried out, no prototype changed, and the connection is still good.
  afterEach(async () => {
    assert.deepEqual(backend.calls, []);
    assert.equal(JSON.stringify(Object.getOwnPropertyNames(Object.prototype)), prototypeBefore);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert('result' in (await raw.exchange(request('project/info', {}))));
  });

  const request = (method: string, params: unknown, id: unknown = 1): object => ({
    jsonrpc: '2.0',
    id,
    method,
    params,
  });
  const code = async (message: unknown): Promise<number> => errorOf(await raw.exchange(message)).code;

  it('that are no JSON get a parse error', async () => {
    const broken = [
      '',
      ' ',
      '{',
      '{"jsonrpc"',
      'null,',
      "{'id': 1}",
      '{"id": 01}',
      '[1,]',
      '{"id": NaN}',
      '\u0000',
      '"',
    ];
    for (const text of broken) {
      const reply = await raw.exchange(text);
      assert.equal(errorOf(reply).code, rpcCodes.parseError, text);
      assert.equal(reply.id, null);
    }
  });

  it('of another form than a request are invalid', async () => {
    const good = request('project/info', {});
    const wrong = [
      null,
      1,
      '"text"',
      [],
      [good],
      [good, good],
      {},
      { ...good, jsonrpc: '1.0' },
      { ...good, jsonrpc: undefined },
      { ...good, id: null },
      { ...good, id: 1.5 },
      { ...good, id: {} },
      { ...good, id: [1] },
      { ...good, id: true },
      { ...good, id: 'x'.repeat(101) },
      { ...good, method: 7 },
      { ...good, method: undefined },
      { ...good, method: 'x'.repeat(201) },
      { ...good, extra: 1 },
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', id: 1, error: { code: 1, message: '' } },
      JSON.stringify(good).replace('"id":1', '"id":1e999'),
      JSON.stringify(good).replace('"id":1', '"id":9007199254740993'),
    ];
    for (const message of wrong) assert.equal(await code(message), rpcCodes.invalidRequest, JSON.stringify(message));
  });

  it('are read 64 levels deep and no deeper', async () => {
    const level63 = `{"jsonrpc":"2.0","id":1,"method":"doctor","params":${'['.repeat(63)}${']'.repeat(63)}}`;
    assert.equal(await code(level63), rpcCodes.invalidParams);
    for (const depth of [64, 1000, 100_000]) {
      const deep = (open: string, close: string): string => open.repeat(depth) + close.repeat(depth);
      for (const value of [deep('[', ']'), `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`, '['.repeat(depth)]) {
        assert.equal(
          await code(`{"jsonrpc":"2.0","id":1,"method":"doctor","params":${value}}`),
          rpcCodes.invalidRequest,
        );
      }
    }
    const brackets = request('datasets/get', { dataset: '[{"\\'.repeat(1000) });
    assert.equal(await code(brackets), rpcCodes.invalidParams, 'brackets in a text do not count');
  });

  it('may not name the prototype of an object, at any depth and however it is spelled', async () => {
    const trap = '{"polluted":true}';
    const params = [
      `{"__proto__":${trap}}`,
      `{"\\u005f_proto__":${trap}}`,
      `{"constructor":{"prototype":${trap}}}`,
      `{"prototype":${trap}}`,
      `{"spec":{"kind":"import","source":"x","columns":{"__proto__":${trap}}}}`,
      `{"offset":[{"a":[{"constructor":1}]}]}`,
      `[{"__proto__":null}]`,
    ];
    for (const text of params) {
      const reply = await raw.exchange(`{"jsonrpc":"2.0","id":5,"method":"datasets/list","params":${text}}`);
      assert.equal(errorOf(reply).code, rpcCodes.invalidRequest, text);
      assert.equal(reply.id, 5);
    }
    assert.equal(await code(`{"jsonrpc":"2.0","id":5,"method":"doctor","__proto__":${trap}}`), rpcCodes.invalidRequest);
  });

  it('name a method of the table, not of its prototype', async () => {
    for (const method of [
      'nothing',
      '',
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'ask ',
      'ASK',
      '$/x',
    ]) {
      assert.equal(await code(request(method, {})), rpcCodes.methodNotFound, method);
    }
  });

  it('have counts that are whole, not negative and within range', async () => {
    const list = [
      '-1',
      '1.5',
      '"NaN"',
      'null',
      '1e999',
      '-1e999',
      '9007199254740993',
      '1e300',
      'true',
      '"1"',
      '[]',
      '{}',
    ];
    for (const value of list) {
      for (const [method, field, rest] of [
        ['datasets/list', 'offset', ''],
        ['datasets/list', 'limit', ''],
        ['documents/get', 'index', '"dataset":"data-abc123",'],
        ['endpoint/start', 'port', ''],
      ]) {
        const text = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${rest}"${field}":${value}}}`;
        assert.equal(await code(text), rpcCodes.invalidParams, text);
      }
    }
    for (const limit of [0, 1001])
      assert.equal(await code(request('datasets/list', { limit })), rpcCodes.invalidParams);
  });

  it('have ids that can be nothing but ids', async () => {
    const ids = [
      '../data-abc123',
      'data-abc123/..',
      '..\\data-abc123',
      '/etc/passwd',
      'C:\\data',
      'CON',
      'data-CON',
      'NUL',
      'data-abc123\0',
      'data-abc123\n',
      '\0',
      'data-',
      'data-abc',
      'data-ABC123',
      'data-абв123',
      `data-${'a'.repeat(33)}`,
      'f'.repeat(65),
      'run-abc123',
      '',
    ];
    for (const id of ids)
      assert.equal(await code(request('datasets/get', { dataset: id })), rpcCodes.invalidParams, id);
  });

  it('have the parameters of their method: the message names the field, and stays short', async () => {
    for (const params of [[], [1], 'text', 7, true]) {
      assert.equal(await code(request('datasets/get', params)), rpcCodes.invalidParams);
    }
    const reply = await raw.exchange(
      request('datasets/get', { dataset: 'data-abc123', ['k'.repeat(5 * 2 ** 20)]: 1 }, 'k'),
    );
    assert.equal(reply.id, 'k');
    assert.equal(errorOf(reply).code, rpcCodes.invalidParams);
    assert(errorOf(reply).message.length <= 2000);
    assert.match(errorOf(await raw.exchange(request('datasets/get', {}))).message, /^dataset is missing\.$/);
  });

  it('without an id are no requests: nothing is carried out or answered', () => {
    const notifications = [
      { method: 'datasets/remove', params: { dataset: 'data-abc123' } },
      { method: 'doctor' },
      { method: 'nothing', params: [] },
      { method: '$/cancelRequest' },
      { method: '$/cancelRequest', params: { id: 77 } },
    ];
    for (const notification of notifications) raw.socket.send(JSON.stringify({ jsonrpc: '2.0', ...notification }));
  });

  it('may not take the id of a call that is under way', async () => {
    raw.socket.send(JSON.stringify(request('doctor', {}, 9)));
    const reply = await raw.exchange(request('datasets/remove', { dataset: 'data-abc123' }, 9));
    assert.equal(reply.id, null, 'else it would end the call that holds the id');
    assert.match(errorOf(reply).message, /id 9 is in use/);
    assert('result' in (await raw.exchange(request('project/info', {}, '9'))), 'the text "9" is another id');
    finish();
    assert.deepEqual(await raw.next(), { jsonrpc: '2.0', id: 9, result: [] });
    assert.deepEqual(backend.calls.splice(0), ['doctor', 'project/info']);
  });

  it('learn nothing of a defect but that there is one', async () => {
    const reply = await raw.exchange(request('models/list', {}));
    assert.equal(errorOf(reply).code, rpcCodes.internalError);
    assert.doesNotMatch(JSON.stringify(reply), /secret|stack|home/);
    assert.match(String(backend.logged.at(-1)?.error), /secret path/);
    backend.calls.length = 0;
  });
});

describe('the first message', () => {
  let backend: Backend;
  before(async () => (backend = await startBackend()));
  after(() => backend.close());

  it('must be initialize: every method is refused before', async () => {
    const raw = await RawClient.open(backend);
    for (const method of [...methodNames, 'nothing', '__proto__'].filter((name) => name !== 'initialize')) {
      const reply = await raw.exchange({ jsonrpc: '2.0', id: method, method, params: {} });
      assert.deepEqual([reply.id, errorOf(reply).code], [method, errorCodes.notInitialized]);
    }
    assert.deepEqual(backend.calls, []);
    assert.equal(backend.clients(), 0);
    raw.socket.close();
  });

  it('comes once, and says what the backend is', async () => {
    const raw = await RawClient.open(backend);
    const wrong = await raw.exchange(initializeRequest({ extra: 1 }));
    assert.equal(errorOf(wrong).code, rpcCodes.invalidParams);
    const { result } = await raw.exchange(initializeRequest());
    assert.deepEqual(result, {
      protocol: protocolVersion,
      version: '0.0.0',
      project: process.cwd(),
      pid: process.pid,
      owner: 'command',
      epoch: backend.events.epoch,
      sequence: 0,
      missed: null,
    });
    assert.equal(errorOf(await raw.exchange(initializeRequest())).code, rpcCodes.invalidRequest);
    assert.equal(backend.clients(), 1);
    raw.socket.close();
  });

  it('of another protocol is refused with what to do, whichever side is older', async () => {
    for (const [protocol, older, next] of [
      [protocolVersion - 1, 'client', /Update Polymath and reload the window/],
      [protocolVersion + 1, 'backend', /Close all windows of this project/],
    ] as const) {
      const raw = await RawClient.open(backend);
      const closed = raw.closed();
      const reply = await raw.exchange(initializeRequest({ protocol, fieldOfThatProtocol: true }));
      const { code, message, data } = errorOf(reply);
      assert.equal(code, errorCodes.userError);
      assert.match(message, new RegExp(`protocol ${protocol}.*the ${older} is older`));
      assert.match(data?.next ?? '', next);
      assert.equal(await closed, 1008);
    }
  });

  it('of a client counts it in, and its end counts it out', async () => {
    let gone = 0;
    const counting = await startBackend({ onLastClientGone: () => gone++ });
    const [one, two] = [await client(counting), await client(counting)];
    const stranger = await RawClient.open(counting);
    assert.equal(counting.clients(), 2);
    await one.close();
    await until(() => counting.clients() === 1);
    assert.equal(gone, 0);
    await two.close();
    await until(() => counting.clients() === 0);
    stranger.socket.close();
    await stranger.closed();
    await counting.close();
    assert.equal(gone, 1);
  });
});
