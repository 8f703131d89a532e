import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend, Params } from '../../backend/protocol/messages';
import type { RunRecord } from '../../backend/protocol/run';
import { type Served, serveProject } from '../../backend/server/serve';
import { generatedCorpus } from './corpus';

/** A project in a folder of its own, opened in this process. */
export interface TestProject {
  readonly root: string;
  readonly folder: string;
  readonly backend: Backend;
  /** Starts a run and waits until it is neither queued nor at work. */
  run(spec: Params<'runs/start'>['spec']): Promise<RunRecord>;
  settled(id: string): Promise<RunRecord>;
  /** Lets go of the project and opens it anew. */
  reopen(): Promise<void>;
  remove(): Promise<void>;
}

export async function openProject(documents = 90): Promise<TestProject> {
  const root = await mkdtemp(join(tmpdir(), 'polymath-'));
  const folder = join(root, '.polymath');
  await writeFile(join(root, 'corpus.jsonl'), generatedCorpus(documents));
  let served: Served = await serveProject(folder);
  const settled = (id: string): Promise<RunRecord> => settledRun(served.backend, id);
  return {
    root,
    folder,
    get backend() {
      return served.backend;
    },
    settled,
    run: async (spec) => settled((await served.backend.call('runs/start', { spec })).id),
    reopen: async () => {
      await served.close();
      served = await serveProject(folder);
    },
    remove: async () => {
      await served.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The run when it is neither queued nor at work any more. */
export function settledRun(backend: Backend, id: string): Promise<RunRecord> {
  return new Promise((resolve, reject) => {
    const look = (run: RunRecord): void => {
      if (run.id !== id || run.state === 'queued' || run.state === 'running') return;
      stop();
      resolve(run);
    };
    const stop = backend.listen(({ event }) => {
      if (event.type === 'run') look(event.run);
    });
    backend.call('runs/get', { run: id }).then(look, reject);
  });
}

/** Carries a run out; the id of what it made. */
export async function resultOf(backend: Backend, spec: Params<'runs/start'>['spec']): Promise<string> {
  const { result, failure } = await settledRun(backend, (await backend.call('runs/start', { spec })).id);
  assert.ok(result !== undefined, failure?.message);
  return result;
}
