import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { WebSocket } from 'ws';
import { connect } from '../../backend/rpc/client/connection';
import { socketPath } from '../../backend/rpc/frames';
import { type Params, protocolVersion } from '../../backend/protocol/messages';
import type { RunRecord } from '../../backend/protocol/run';
import { loadRecord } from '../../backend/engine/run-files';
import { version } from '../../backend/base/version';
import { placeOf } from '../../backend/rpc/place';
import { readAttachment } from '../../backend/server/attach';
import { serveProject } from '../../backend/server/serve';
import { processesOf } from '../crash/backend';
import { generatedCorpus } from '../support/corpus';
import {
  descendantsOf,
  gone,
  launch,
  launchBackend,
  loadsRuntime,
  parent,
  program,
  refused,
  type Running,
} from '../support/processes';
import { settledRun } from '../support/project';
import { errorOf, initializeRequest } from './support';

describe('the backend as the editor starts it', () => {
  let root: string;
  /** A project with a split corpus, in a folder whose name asks for trouble. */
  let folder: string;
  let clustering: string;
  let running: Running;

  before(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'polymath-')));
    const home = join(root, `it's "große" 🧪 [1] * a=b $HOME 100% #1`);
    folder = join(home, '.polymath');
    await mkdir(home);
    await writeFile(join(home, 'corpus 🧪.jsonl'), generatedCorpus(90));
    running = await launchBackend(folder);
  });

  after(async () => {
    running.child.stdin?.end();
    await running.closed;
    assert.deepEqual(await processesOf(root), []);
    await rm(root, { recursive: true, force: true });
  });

  /** Runs to the end; gives the id of what was made. */
  async function run(spec: Params<'runs/start'>['spec']): Promise<string> {
    const { client } = running;
    const record = await settledRun(client, (await client.call('runs/start', { spec })).id);
    assert.equal(record.state, 'done', record.failure?.message);
    return record.result ?? '';
  }

  it('says in one line where it listens, and leaves that for others', async () => {
    const { ready, child, client } = running;
    assert.deepEqual(Object.keys(ready).sort(), ['folder', 'pid', 'polymath', 'port', 'token']);
    assert.deepEqual([ready.pid, ready.folder], [child.pid, folder]);
    const { port, token, pid } = ready;
    const left = { ...placeOf(folder), pid, port, token, protocol: protocolVersion, version };
    assert.deepEqual(await readAttachment(folder), left);
    assert.deepEqual([client.hello.pid, client.hello.project], [pid, folder]);
  });

  it('works in a folder with emoji, spaces and quotes in its name', async () => {
    const { client } = running;
    const dataset = await run({ kind: 'import', source: join(folder, '..', 'corpus 🧪.jsonl') });
    clustering = await run({ kind: 'split', dataset, method: 'unigram', k: 3 });
    assert.equal((await client.call('datasets/list', {})).items[0].documents.total, 90);
    assert.equal((await client.call('documents/list', { dataset, limit: 1000 })).items.length, 90);
    const piles = await client.call('piles/list', { clustering });
    const { total } = await client.call('piles/documents', { clustering });
    assert.equal(
      piles.reduce((sum, { size }) => sum + size, 0),
      total,
    );
    assert.equal((await client.call('runs/list', {})).total, 2);
  });

  it('never loads ONNX Runtime itself: the process that answers does', async () => {
    const { text } = await running.client.call('ask', { model: 'base', prompt: 'the tide', maxTokens: 2 });
    assert.ok(text.length > 0);
    const [answering, ...more] = await descendantsOf(running.ready.pid);
    assert.deepEqual(more, []);
    assert.equal(await loadsRuntime(answering), true);
    assert.equal(await loadsRuntime(running.ready.pid), false);
  });

  it('is the only one: a second one says where it listens and ends, also by another path', async () => {
    await symlink(folder, join(root, 'link'));
    const { port, token, pid } = running.ready;
    for (const path of [folder, join(root, 'link')]) {
      const { said, closed } = launch([program, path]);
      assert.equal(await closed, 0, said.err);
      assert.deepEqual(JSON.parse(said.out), { polymath: 'elsewhere', port, token, pid, folder });
    }
    assert.equal((await running.client.call('datasets/list', {})).total, 1);
    assert.equal((await readAttachment(folder))?.pid, pid);
  });

  it('refuses a client that is older or newer, and says which of the two', async () => {
    const { port, token } = running.ready;
    for (const [protocol, older, next] of [
      [protocolVersion - 1, 'client', /reload the window/],
      [protocolVersion + 1, 'backend', /Close all windows/],
    ] as const) {
      const headers = { authorization: `Bearer ${token}` };
      const socket = new WebSocket(`ws://127.0.0.1:${port}${socketPath}`, { headers });
      await once(socket, 'open');
      socket.send(JSON.stringify(initializeRequest({ protocol })));
      const [[reply], [code]] = (await Promise.all([once(socket, 'message'), once(socket, 'close')])) as [
        [Buffer],
        [number],
      ];
      const { message, data } = errorOf(JSON.parse(reply.toString('utf8')) as Record<string, unknown>);
      assert.match(message, new RegExp(`protocol ${protocol}\\b.*the ${older} is older`));
      assert.match(data?.next ?? '', next);
      assert.equal(code, 1008);
    }
  });

  /** Trains for longer than any machine takes to the end of this test. Resolves when its worker is at work. */
  async function train({ client, ready }: Running): Promise<{ id: string; processes: number[] }> {
    const spec = { kind: 'train', clustering, tokens: 5_000_000, rank: 4, learningRate: 5e-3 } as const;
    const atWork = new Promise<void>((resolve, reject) => {
      client.listen(({ event }) => {
        if (event.type === 'progress' && event.progress.done > 0) resolve();
        if (event.type === 'run' && event.run.failure !== undefined) reject(new Error(event.run.failure.message));
      });
    });
    const { id } = await client.call('runs/start', { spec });
    await atWork;
    return { id, processes: await descendantsOf(ready.pid) };
  }

  const onDisk = (run: string): Promise<RunRecord> => loadRecord(join(folder, 'runs', run));

  /** Opens the project in this process. */
  async function stateAfterReopening(run: string): Promise<string> {
    const served = await serveProject(folder);
    const { state } = await served.backend.call('runs/get', { run });
    await served.close();
    return state;
  }

  const ends: readonly {
    readonly when: string;
    readonly through?: readonly string[];
    readonly end: (of: Running) => void;
  }[] = [
    { when: 'its standard input closes', end: ({ child }) => child.stdin?.end() },
    { when: 'it is told to (SIGTERM)', end: ({ ready }) => process.kill(ready.pid, 'SIGTERM') },
    { when: 'its parent is killed', through: parent, end: ({ child }) => child.kill('SIGKILL') },
  ];
  for (const { when, through, end } of ends) {
    it(`ends when ${when}, and the run at work with it, which can go on later`, async () => {
      running =
        through === undefined && running.child.exitCode === null ? running : await launchBackend(folder, through);
      const { ready, said, closed } = running;
      const { id, processes } = await train(running);
      assert.ok(processes.length >= 2, 'a runner and its worker');
      assert.ok((await Promise.all(processes.map(loadsRuntime))).includes(true), 'its worker computes');
      assert.equal(await loadsRuntime(ready.pid), false);
      end(running);
      await gone([ready.pid, ...processes]);
      await closed;
      assert.match(said.out, /^[^\n]+\n$/, 'nothing but the line at its start');
      assert.equal((await onDisk(id)).state, 'interrupted');
      assert.equal(await readAttachment(folder), undefined);
      assert.equal(await stateAfterReopening(id), 'interrupted');
    });
  }

  it('outlives its parent for the runs that are kept, and for no others', async () => {
    running = await launchBackend(folder, parent);
    const { ready, client, child } = running;
    const { id, processes } = await train(running);
    const kept = {
      kind: 'split',
      dataset: (await client.call('datasets/list', {})).items[0].id,
      k: 2,
      method: 'unigram',
    } as const;
    const { id: keptId } = await client.call('runs/start', { spec: kept, keep: true });
    child.kill('SIGKILL');
    assert.equal((await client.call('runs/get', { run: id })).state, 'running', 'somebody is still there to see it');
    await client.close();
    await gone([ready.pid, ...processes]);
    assert.equal((await onDisk(id)).state, 'interrupted');
    const { state, attempt } = await onDisk(keptId);
    assert.deepEqual([state, attempt], ['done', 1]);
    assert.equal(await readAttachment(folder), undefined);
  });

  it('is found at its kept run, which nothing interrupts, and ends when a client says so', async () => {
    const { ready, client, child } = await launchBackend(folder);
    const { id } = await train({ ...running, ready, client });
    await client.call('runs/keep', { run: id, keep: true });
    await client.close();
    child.stdin?.end();
    const { said, closed } = launch([program, folder]);
    assert.equal(await closed, 0);
    const found = JSON.parse(said.out) as Running['ready'] & { polymath: string };
    assert.deepEqual([found.polymath, found.pid], ['elsewhere', ready.pid]);
    const next = await connect({ ...found, client: 'the next window' });
    const { state, attempt } = await next.call('runs/get', { run: id });
    assert.deepEqual([state, attempt, next.hello.owner], ['running', 1, 'editor']);
    await next.call('project/close', {});
    await gone([ready.pid]);
    assert.equal((await onDisk(id)).state, 'interrupted');
  });

  it('killed, it leaves no process behind, and the next one starts', async () => {
    const killed = await launchBackend(folder);
    const { id, processes } = await train(killed);
    process.kill(killed.ready.pid, 'SIGKILL');
    await killed.closed;
    assert.equal((await readAttachment(folder))?.pid, killed.ready.pid);
    assert.ok(['running', 'interrupted'].includes((await onDisk(id)).state));
    running = await launchBackend(folder);
    const { client, ready, closed, child } = running;
    assert.equal((await readAttachment(folder))?.token, ready.token);
    assert.equal((await client.call('runs/get', { run: id })).state, 'interrupted');
    await gone(processes);
    child.stdin?.end();
    assert.equal(await closed, 0, running.said.err);
  });
});

describe('a project that cannot be opened', () => {
  let root: string;
  // Nothing is read-only for the superuser.
  const somebody: { uid?: number; gid?: number } = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

  before(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'polymath-')));
    await chmod(root, 0o755);
  });

  after(() => rm(root, { recursive: true, force: true }));

  it('a read-only folder is a named error, and nothing is left in it', async function () {
    if (somebody.uid !== undefined && !(await readableByAll(process.cwd()))) return this.skip();
    const folder = join(root, 'read-only');
    await mkdir(folder, { mode: 0o555 });
    const messages = await Promise.all([folder, join(folder, '.polymath')].map((path) => refused(path, somebody)));
    for (const message of messages) assert.match(message, /permission denied or a read-only disk/);
    assert.deepEqual(await readdir(folder), []);
  });

  it('a file in its place is a named error, and the file stays as it is', async () => {
    const file = join(root, 'notes.txt');
    await writeFile(file, 'mine');
    const messages = await Promise.all([file, join(file, '.polymath')].map((path) => refused(path)));
    for (const message of messages) assert.match(message, /a file stands where a folder should be/);
    assert.equal(await readFile(file, 'utf8'), 'mine');
  });
});

/** Whether another user could start a program in this folder. */
async function readableByAll(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) return false;
  return dirname(folder) === folder || readableByAll(dirname(folder));
}
