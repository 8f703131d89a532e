import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { connect, type Connection } from '../../backend/rpc/client/connection';
import { ConflictError } from '../../backend/base/errors';
import { exists } from '../../backend/base/files';
import type { NumberedEvent } from '../../backend/protocol/event';
import { protocolVersion } from '../../backend/protocol/messages';
import { placeOf } from '../../backend/rpc/place';
import { newToken } from '../../backend/rpc/proof';
import type { SplitRecord, DatasetRecord, PileRow } from '../../backend/protocol/records';
import type { RunRecord } from '../../backend/protocol/run';
import { readAttachment, writeAttachment } from '../../backend/server/attach';
import { openBackend } from '../../backend/server/open';
import { Store } from '../../backend/store/store';
import { fill, writeDocuments } from '../store/support';
import { generatedCorpus } from '../support/corpus';
import { launchBackend, type Running } from '../support/processes';
import { polymath, says, start } from '../support/program';
import { settledRun } from '../support/project';

interface Page<T> {
  readonly total: number;
  readonly items: T[];
}

describe('command line and editor on one project', () => {
  let root: string;
  let folder: string;
  let editor: Running;
  const clustering = 'split-example';

  before(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'polymath-')));
    folder = join(root, '.polymath');
    const store = await Store.open(folder);
    await fill(store);
    await writeDocuments(store.folder);
    await store.close();
    editor = await launchBackend(folder);
  });

  after(() => rm(root, { recursive: true, force: true }));

  /** What a command prints as JSON. */
  async function command<T>(...args: string[]): Promise<T> {
    const { code, out, err } = await polymath(root, ...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as T;
  }

  it('commands ask the backend that has the project open', async () => {
    const { client } = editor;
    const events: NumberedEvent[] = [];
    client.listen((event) => events.push(event));
    const split = await command<SplitRecord>('split', 'unigram', '--k', '3');
    const kinds = (await client.call('runs/list', {})).items.map(({ spec, state }) => `${spec.kind} ${state}`);
    assert.deepEqual(kinds, ['split done']);
    const [datasets, answer] = await Promise.all([
      command<Page<DatasetRecord>>('datasets'),
      command<{ text: string }>('ask', 'the tide', '--expert', 'base', '--max-tokens', '2'),
    ]);
    assert.deepEqual(datasets, await client.call('datasets/list', {}));
    assert.ok(answer.text.length > 0);
    // Its own process did all of it: the editor hears of what commands do.
    const changed = events.flatMap(({ event }) => (event.type === 'changed' ? [`${event.what} ${event.id}`] : []));
    assert.deepEqual(changed, [`splits ${split.id}`]);
    assert.equal((await readAttachment(folder))?.pid, editor.ready.pid);
  });

  it('only the owner can read where the backend listens and how to get in', async () => {
    assert.equal((await stat(join(folder, 'backend.json'))).mode & 0o777, 0o600);
  });

  const rows = async (client: Connection): Promise<PileRow[]> =>
    (await client.call('piles/documents', { clustering, pile: 0, limit: 8 })).items;
  const move = (client: Connection, { index, version }: PileRow, to: number): Promise<unknown> =>
    client.call('labels/move', { clustering, documents: [{ index, version }], to });

  it('two clients move one document: the second is told of the first, and no move is lost', async () => {
    const other = await connect({ ...editor.ready, client: 'other' });
    const mine = await rows(editor.client);
    const theirs = await rows(other);
    const outcomes = await Promise.allSettled(
      mine.flatMap((row, i) => [move(editor.client, row, 1), move(other, theirs[i], 2)]),
    );
    for (let i = 0; i < mine.length; i++) {
      const refused = outcomes.slice(2 * i, 2 * i + 2).filter(({ status }) => status === 'rejected');
      assert.equal(refused.length, 1, `document ${mine[i].index}`);
      const [{ reason }] = refused as PromiseRejectedResult[];
      assert.ok(reason instanceof ConflictError, String(reason));
      assert.match(reason.message, new RegExp(`Document ${mine[i].index} was changed by another window`));
    }
    const logged = await other.call('labels/list', { clustering });
    assert.equal(logged.total, mine.length);
    // Whoever has looked again moves it after all.
    const { items } = await other.call('piles/documents', { clustering, limit: 1000 });
    const first = items.find(({ index }) => index === mine[0].index) ?? assert.fail();
    assert.ok(first.moved && first.version === 1);
    await move(other, first, 0);
    assert.equal((await editor.client.call('labels/list', { clustering })).total, mine.length + 1);
    await other.close();
  });

  it('a client that loses its connection hears of every run once, in order', async () => {
    const sockets: Socket[] = [];
    const notice = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
    subscribe('net.client.socket', notice);
    const pauses = new Array<number>(100).fill(10);
    const unsteady = await connect({ ...editor.ready, client: 'unsteady', reconnect: true, pauses });
    const heard: Record<'steady' | 'unsteady', number[]> = { steady: [], unsteady: [] };
    const gather = (who: keyof typeof heard, { sequence, event }: NumberedEvent): void => {
      if (event.type !== 'progress') heard[who].push(sequence);
    };
    const cut = (): void => void sockets.at(-1)?.destroy();
    editor.client.listen((event) => gather('steady', event));
    unsteady.listen((event) => {
      gather('unsteady', event);
      if (event.event.type === 'run') cut();
    });
    const source = join(root, 'corpus.jsonl');
    await writeFile(source, generatedCorpus(30));
    const { id } = await editor.client.call('runs/start', { spec: { kind: 'import', source } });
    for (let i = 0; i < 10; i++) {
      await editor.client.call('piles/rename', { clustering, pile: 0, name: `pile ${i}` });
      cut();
    }
    assert.equal((await settledRun(editor.client, id)).state, 'done');
    const last = heard.steady.at(-1) ?? 0;
    while ((heard.unsteady.at(-1) ?? 0) < last) await new Promise((resolve) => unsteady.listen(resolve));
    unsubscribe('net.client.socket', notice);
    await unsteady.close();
    assert.ok(sockets.length >= 4, `${sockets.length} connections`);
    assert.ok(heard.steady.length >= 13);
    assert.deepEqual(heard.unsteady, heard.steady);
  });

  it('two command lines: one trains, another one finds its run and cancels it', async () => {
    editor.child.stdin?.end();
    assert.equal(await editor.closed, 0);
    const training = start(root, 'train', '--tokens', '5000000');
    const ended = once(training, 'close') as Promise<[number]>;
    let err = '';
    training.stderr?.on('data', (text: Buffer) => (err += text.toString('utf8')));
    await says(training, 'Training');
    const { items } = await command<Page<RunRecord>>('runs', '--state', 'running');
    assert.deepEqual(
      items.map(({ spec }) => spec.kind),
      ['train'],
    );
    assert.equal((await readAttachment(folder))?.pid, training.pid);
    const same = await polymath(root, 'train', '--tokens', '5000000');
    assert.equal(same.code, 1);
    assert.match(same.err, new RegExp(`The run ${items[0].id} does the same already(.|\\n)*--again`));
    assert.doesNotMatch(same.err, /This takes/, 'it is refused before it is estimated');
    const cancelled = await command<RunRecord>('cancel');
    assert.deepEqual([cancelled.id, cancelled.state], [items[0].id, 'cancelled']);
    assert.deepEqual((await ended)[0], 1);
    assert.match(err, /was cancelled from elsewhere/);
    assert.equal(await readAttachment(folder), undefined);
  });
});

describe('what a backend left behind when it was killed', () => {
  let root: string;
  let folder: string;
  const token = newToken();
  /** What came to the programs that listen where the backend did. */
  let received: string;
  const servers: Server[] = [];

  before(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'polymath-')));
    folder = join(root, '.polymath');
    await (await openBackend(folder, { client: 'test', create: true })).close();
  });

  beforeEach(() => {
    received = '';
  });

  after(async () => {
    for (const server of servers) server.close();
    await rm(root, { recursive: true, force: true });
  });

  /** Lets a server listen at the port that the attachment of the process names. */
  async function leave(pid: number, server: Server): Promise<void> {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      socket.on('data', (data: Buffer) => (received += data.toString('latin1')));
      socket.on('error', () => undefined);
      socket.unref();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await writeAttachment({ ...placeOf(folder), pid, port, token, protocol: protocolVersion, version: '0.0.0' });
  }

  /** The project can be used, by a backend in this process, and the other program has learnt nothing. */
  async function opens(): Promise<void> {
    const backend = await openBackend(folder, { client: 'test', create: false });
    assert.equal((await backend.call('project/info', {})).folder, folder);
    const mine = await readAttachment(folder);
    assert.equal(mine?.pid, process.pid);
    assert.notEqual(mine?.token, token);
    await backend.close();
    assert.ok(!received.includes(token));
    assert.ok(!received.includes('initialize'));
    assert.equal(await exists(join(folder, 'backend.json')), false);
  }

  const webSockets = (): Server => {
    const server = createHttp();
    new WebSocketServer({ server }).on('connection', (socket) => {
      socket.on('message', (data: Buffer) => (received += data.toString('utf8')));
    });
    return server;
  };
  // The number of the process is in use again, and so is its port.
  const programs: Readonly<Record<string, () => Server>> = {
    'that hangs up': () => createTcp((socket) => socket.once('data', () => socket.destroy())),
    'that speaks no HTTP': () => createTcp((socket) => socket.once('data', () => socket.end('220 mail\r\n'))),
    'that knows no such path': () => createHttp((_, response) => response.writeHead(404).end()),
    'that takes any WebSocket': webSockets,
  };
  for (const [which, program] of Object.entries(programs)) {
    it(`does not tell its token to a program ${which}`, async () => {
      await leave(process.pid, program());
      await opens();
      assert.match(received, /^GET \/rpc/);
    });
  }

  it('keeps nobody waiting for a program that never answers', async () => {
    const dead = start(root, '--version');
    await once(dead, 'close');
    await leave(dead.pid ?? 0, createTcp());
    const began = performance.now();
    await opens();
    assert.ok(performance.now() - began < 5000);
    assert.equal(received, '');
  });

  it('can be damaged, too: the command line opens the project itself', async () => {
    await writeFile(join(folder, 'backend.json'), '{"pid": 1, "por', { mode: 0o644 });
    const { code, out, err } = await polymath(root, 'runs', '--json');
    assert.equal(code, 0, err);
    assert.deepEqual(JSON.parse(out), { total: 0, items: [] });
    await assert.rejects(readFile(join(folder, 'backend.json')), { code: 'ENOENT' });
  });
});
