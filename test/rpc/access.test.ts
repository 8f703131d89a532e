import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { WebSocketServer } from 'ws';
import { connect } from '../../backend/rpc/client/connection';
import { UserError } from '../../backend/base/errors';
import { newNonce, nonceHeader, proofHeader, proofOf } from '../../backend/rpc/proof';
import { FailedAttempts } from '../../backend/rpc/server/access';
import { type Backend, client, methodNames, RawClient, startBackend, tcp } from '../server/support';

describe('access to the socket', () => {
  let backend: Backend;
  before(async () => (backend = await startBackend({ limits: { wrongTokens: 1000 } })));
  after(() => backend.close());

  /** The status line of the answer to an upgrade; a header that is undefined is left out. */
  const upgrade = async (headers: Record<string, string | undefined> = {}, path = '/rpc'): Promise<number> => {
    const all: Record<string, string | undefined> = {
      Host: `127.0.0.1:${backend.port}`,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16, 1).toString('base64'),
      Authorization: `Bearer ${backend.token}`,
      ...headers,
    };
    const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
    const socket = connectTcp({ host: '127.0.0.1', port: backend.port });
    socket.on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    const answer = (await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [''])])) as [Buffer];
    socket.destroy();
    return Number(/^HTTP\/1\.1 (\d+)/.exec(answer[0].toString('latin1'))?.[1] ?? 0);
  };

  it('refuses every Origin: no client of ours sends one, every browser does', async () => {
    const origins = ['https://evil.example', 'null', 'http://localhost:3000', `http://127.0.0.1:${backend.port}`, ''];
    for (const origin of [...origins, 'vscode-webview://abc', 'file://']) {
      assert.equal(await upgrade({ Origin: origin }), 403, origin);
      assert.equal(await upgrade({ oRiGiN: origin }), 403, origin);
    }
    assert.equal(await upgrade(), 101);
  });

  it('refuses every Host but this computer with the right port', async () => {
    const { port } = backend;
    const foreign = [
      undefined,
      '',
      `evil.example:${port}`,
      `127.0.0.1.nip.io:${port}`,
      `localhost.evil.example:${port}`,
      `0.0.0.0:${port}`,
      `[::]:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `::1:${port}`,
      '127.0.0.1',
      'localhost',
      `127.0.0.1:${port + 1}`,
      `127.0.0.1:${port}@evil.example`,
      `evil.example#127.0.0.1:${port}`,
      `127.1:${port}`,
      `2130706433:${port}`,
    ];
    for (const host of foreign) assert.equal(await upgrade({ Host: host }), 403, host);
    assert.equal(await upgrade({ host: `localhost:${port}` }), 403, 'two of them');
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
      assert.equal(await upgrade({ Host: `${name}:${port}` }), 101, name);
    }
  });

  it('refuses no, wrong, truncated, longer and huge tokens, and tokens in the address', async () => {
    const { token } = backend;
    const wrong = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      token,
      `Basic ${token}`,
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token}A`,
      `Bearer  ${token}`,
      `Bearer ${token} ${token}`,
      `Bearer ${token.toUpperCase()}`,
      'Bearer undefined',
      `Polymath ${token}`,
      `Bearer ${'A'.repeat(10_000)}`,
    ];
    for (const authorization of wrong)
      assert.equal(await upgrade({ Authorization: authorization }), 401, authorization);
    assert.equal(await upgrade({ Authorization: `Bearer ${'A'.repeat(2 ** 20)}` }), 431);
    assert.equal(await upgrade({ Authorization: undefined }, `/rpc?token=${token}`), 401);
    assert.equal(backend.logged.filter(({ message }) => message.includes(token)).length, 0);
  });

  it('takes the exact path alone', async () => {
    for (const path of [
      '/',
      '/rpc/',
      '/rpc?',
      '/rpc?token=x',
      '/RPC',
      '//rpc',
      '/rpc%00',
      `http://127.0.0.1/rpc`,
      '/../rpc',
    ]) {
      assert.equal(await upgrade({}, path), 404, path);
    }
  });

  it('takes the proof of knowing the token once, for this port and from this side', async () => {
    const { token, port } = backend;
    const attempt = (nonce: string, proof: string): Promise<number> =>
      upgrade({ Authorization: `Polymath ${proof}`, [nonceHeader]: nonce });
    const nonce = newNonce();
    assert.equal(await attempt(nonce, proofOf(token, 'server', port, nonce)), 401);
    assert.equal(await attempt(nonce, proofOf(token, 'client', port + 1, nonce)), 401);
    assert.equal(await attempt(newNonce(), proofOf(token, 'client', port, nonce)), 401);
    assert.equal(await attempt('short', proofOf(token, 'client', port, 'short')), 401);
    assert.equal(await attempt(nonce, proofOf(token, 'client', port, nonce)), 101);
    assert.equal(await attempt(nonce, proofOf(token, 'client', port, nonce)), 401, 'sent again');
  });

  it('refuses every method to one who is not let in', async () => {
    const body = (method: string): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} });
    for (const method of methodNames) {
      for (const headers of ['', `Authorization: Bearer ${backend.token}\r\n`, `Origin: https://evil.example\r\n`]) {
        const head = `POST /rpc HTTP/1.1\r\nHost: 127.0.0.1:${backend.port}\r\nContent-Type: text/plain\r\n${headers}`;
        const answer = await tcp(backend.port, `${head}Content-Length: ${body(method).length}\r\n\r\n${body(method)}`);
        assert.match(answer, headers.startsWith('Origin') ? /^HTTP\/1\.1 403/ : /^HTTP\/1\.1 404/, method);
      }
      await assert.rejects(RawClient.open(backend, { headers: {} }), /401/, method);
    }
    assert.deepEqual(backend.calls, []);
  });

  it('listens on this computer alone', async () => {
    assert.equal((backend.http.address() as AddressInfo).address, '127.0.0.1');
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (const { address, internal, family } of others) {
      if (internal || family !== 'IPv4') continue;
      const socket = connectTcp({ host: address, port: backend.port });
      await assert.rejects(once(socket, 'connect'), /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/, address);
    }
  });
});

describe('limits of the socket', () => {
  it('cuts off a flood of wrong tokens and serves a good client meanwhile', async () => {
    const backend = await startBackend({ limits: { wrongTokens: 20 } });
    const good = await client(backend);
    const head = `GET /rpc HTTP/1.1\r\nHost: 127.0.0.1:${backend.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
    const answers: string[] = [];
    for (let i = 0; i < 20; i++) {
      const flood = Array.from({ length: 10 }, (_, j) =>
        tcp(backend.port, `${head}Authorization: Bearer ${i}-${j}\r\n\r\n`),
      );
      answers.push(...(await Promise.all([...flood, good.call('doctor', {}).then(() => 'good')])));
    }
    assert.equal(answers.filter((answer) => answer === 'good').length, 20);
    assert.equal(answers.filter((answer) => answer.startsWith('HTTP/1.1 401')).length, 20);
    assert.equal(answers.filter((answer) => answer === '').length, 180);
    assert.equal(backend.wrongTokens, 200);
    await (await client(backend)).close();
    await good.close();
    await backend.close();
  });

  it('forgets failed attempts after their time', () => {
    const attempts = new FailedAttempts(2, 100);
    assert.deepEqual(
      [0, 10, 20, 99, 101, 105, 111].map((time) => attempts.add(time)),
      [false, false, true, true, false, true, false],
    );
    assert.equal(attempts.total, 7);
  });

  it('cuts off a handshake that does not come to its end', async () => {
    const backend = await startBackend({ limits: { headersMilliseconds: 200, initializeMilliseconds: 100 } });
    const started = performance.now();
    const answers = await Promise.all([tcp(backend.port, ''), tcp(backend.port, 'GET /rpc HTTP/1.1\r\nHost: ')]);
    for (const answer of answers) assert.match(answer, /^(HTTP\/1\.1 408.*)?/);
    const silent = await RawClient.open(backend);
    assert.equal(await silent.closed(), 1008);
    assert(performance.now() - started < 3000);
    await backend.close();
  });

  it('refuses more clients than it may have', async () => {
    const backend = await startBackend({ limits: { clients: 2 } });
    const clients = [await client(backend), await client(backend)];
    await assert.rejects(client(backend), /503/);
    assert.equal(backend.clients(), 2);
    await clients[0].close();
    await (await client(backend)).close();
    await clients[1].close();
    await backend.close();
  });

  it('passes plain requests to a mounted handler, but none from web pages', async () => {
    const backend = await startBackend();
    backend.mount((request, response) => response.end(`mounted ${request.url}`));
    const get = async (headers: Record<string, string>): Promise<number | undefined> => {
      const sent = httpRequest({
        port: backend.port,
        host: '127.0.0.1',
        path: '/v1/models',
        headers,
        agent: false,
      }).end();
      const [response] = (await once(sent, 'response')) as [{ statusCode?: number; resume(): void }];
      response.resume();
      return response.statusCode;
    };
    assert.equal(await get({}), 200);
    assert.equal(await get({ origin: 'https://evil.example' }), 403);
    assert.equal(await get({ host: `evil.example:${backend.port}` }), 403);
    await backend.close();
  });
});

describe('a client that finds another program at the port', () => {
  it('sends it neither the token nor any request', async () => {
    const token = 'the-secret-of-the-backend';
    const heard: string[] = [];
    const impostor = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    impostor.on('headers', (headers) => headers.push(`${proofHeader}: guess`));
    impostor.on('connection', (socket, request) => {
      heard.push(request.rawHeaders.join('\n'));
      socket.on('message', (data: Buffer) => heard.push(data.toString('utf8')));
      socket.on('error', () => undefined);
    });
    await once(impostor, 'listening');
    const { port } = impostor.address() as AddressInfo;
    await assert.rejects(connect({ port, token, folder: '.', client: 'test' }), (error) => {
      assert(error instanceof UserError);
      return /another program listens there/.test(error.message);
    });
    impostor.close();
    assert.equal(heard.filter((text) => text.includes(token)).length, 0);
    assert(heard.length <= 1);
  });

  it('is not fooled by one that passes everything on to the backend', async () => {
    const backend = await startBackend();
    const pass = (from: Socket): void => {
      const to = connectTcp({ host: '127.0.0.1', port: backend.port });
      for (const socket of [from, to]) socket.on('error', () => undefined);
      // It mends the Host, which would give it away.
      from.on('data', (data: Buffer) =>
        to.write(data.toString('latin1').replace(/Host: .*\r/, `Host: localhost:${backend.port}\r`)),
      );
      to.pipe(from);
    };
    const relay = createTcpServer(pass).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const { port } = relay.address() as AddressInfo;
    await assert.rejects(connect({ port, token: backend.token, folder: '.', client: 'test' }), /the answer was 401/);
    assert.equal(backend.clients(), 0);
    relay.close();
    await backend.close();
  });

  it('says what is wrong where nothing listens, or a backend with another token', async () => {
    const backend = await startBackend();
    await assert.rejects(
      connect({ port: backend.port, token: 'old', folder: '.', client: 'test' }),
      /the answer was 401/,
    );
    await backend.close();
    await assert.rejects(client(backend), (error) => error instanceof UserError && /ECONNREFUSED/.test(error.message));
  });
});
