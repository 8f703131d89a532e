import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashModel } from '../../backend/model/weights/fingerprint';
import { LanguageModel } from '../../backend/model/language-model';
import { program } from '../../backend/base/package-folder';
import type { Watch } from '../../backend/base/progress';
import { type ScoreTask, taskKey } from '../../backend/engine/tasks/task';
import { Blobs } from '../../backend/engine/artifacts/blobs';
import { LocalExecutor } from '../../backend/engine/executors/local';
import { packTexts, type ScoreResult, type TrainResult } from '../../backend/engine/tasks/perform';
import { loraMessage } from '../../backend/kinds/train/work';
import { defaultTraining } from '../../backend/train/settings';
import { processesOf } from '../crash/backend';

const silent: Watch = { report: () => undefined, signal: new AbortController().signal };
const modelFolder = 'models/polymath-base';
const words = 'the captain and the crew sail north with the tide and the wind '.repeat(6);

describe('tasks in worker processes', () => {
  let folder: string;
  let blobs: Blobs;
  let model: string;
  let texts: Int32Array[];
  const open: LocalExecutor[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polymath-'));
    blobs = new Blobs(folder);
    model = await hashModel(modelFolder);
    const { tokenizer } = await LanguageModel.open(modelFolder);
    texts = Array.from({ length: 4 }, (_, i) => tokenizer.encode(words.slice(i * 10)));
  });

  after(async () => {
    for (const executor of open) await executor.close();
    assert.deepEqual(await processesOf(folder), []);
    await rm(folder, { recursive: true, force: true });
  });

  async function executor(workers = 1): Promise<LocalExecutor> {
    const made = new LocalExecutor({
      program: await program('backend/programs/worker'),
      blobs,
      models: new Map([[model, modelFolder]]),
      device: 'cpu',
      workers,
    });
    open.push(made);
    return made;
  }

  const scoring = async (from: number): Promise<ScoreTask> => ({
    kind: 'score',
    model,
    texts: await blobs.put(packTexts(texts.slice(from))),
  });

  it('are named by their content alone: the order of fields does not count, every value does', async () => {
    const task = await scoring(0);
    assert.equal(taskKey(task), taskKey({ texts: task.texts, model: task.model, kind: 'score' }));
    assert.notEqual(taskKey(task), taskKey(await scoring(1)));
    assert.notEqual(taskKey(task), taskKey({ ...task, adapters: task.texts }));
    assert.throws(() => taskKey({ ...task, texts: '../../etc/passwd' }));
  });

  it('are done once; a damaged result is made again, to the same bits', async () => {
    const task = await scoring(0);
    const first = (await (await executor()).execute(task, silent)) as ScoreResult;
    assert.equal(first.texts.length, 4);
    assert.ok(first.texts.flat().every(({ nll }) => nll.every((nats) => Number.isFinite(nats) && nats > 0)));
    const idle = await executor(0);
    // No worker can be started: the result is found.
    assert.deepEqual(await idle.execute(task, silent), first);
    const path = join(folder, 'results', taskKey(task));
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, 100));
    assert.deepEqual(await (await executor()).execute(task, silent), first);
    assert.deepEqual(await readFile(path), bytes);
  });

  it('go side by side; a worker that is killed takes its own task with it, and that is done again', async () => {
    const pair = await executor(2);
    const { lora, optimizer, ...rest } = defaultTraining;
    const settings = { ...rest, lora: loraMessage(lora), optimizer: { ...optimizer } };
    const piles = await blobs.put([texts.slice(0, 2), texts.slice(2)].map(packTexts));
    const training = { kind: 'train', model, piles, tokens: 3000, settings } as const;
    let killed = false;
    const kill: Watch = {
      ...silent,
      report: () => {
        if (killed) return;
        killed = true;
        void processesOf(folder).then((pids) => pids.forEach((pid) => process.kill(pid, 'SIGKILL')));
      },
    };
    await assert.rejects(pair.execute(training, kill), { name: 'ToldFailure', message: /SIGKILL/ });
    const [trained, scored] = await Promise.all([
      pair.execute(training, silent) as Promise<TrainResult>,
      scoring(2).then((task) => pair.execute(task, silent)) as Promise<ScoreResult>,
    ]);
    assert.ok(trained.tokens > 2000 && trained.losses.every(Number.isFinite));
    assert.equal(scored.texts.length, 2);
    assert.deepEqual(await readdir(join(folder, 'work')), []);
  });

  it('fail with the cause where a blob is missing or damaged', async () => {
    const one = await executor();
    const missing = { kind: 'score', model, texts: '0'.repeat(64) } as const;
    await assert.rejects(one.execute(missing, silent), /ENOENT/);
    const task = await scoring(3);
    await writeFile(join(folder, 'blobs', task.texts), 'nothing');
    await assert.rejects(one.execute(task, silent), /does not begin as one/);
  });
});
