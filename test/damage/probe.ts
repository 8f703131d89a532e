/** `node probe.js FOLDER`: opens a project, asks it for everything that it keeps, and writes the answers and errors as JSON. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../backend/base/errors';
import { canonicalJson } from '../../backend/base/canonical-json';
import type { Backend } from '../../backend/protocol/messages';
import { serveProject } from '../../backend/server/serve';

/** What came of a question: a hash of the answer, a message for the user, or anything else that was thrown. */
export type Found = { readonly value: string } | { readonly told: string } | { readonly defect: string };

const all = { limit: 1000 };

/** Questions by name; one may need the answers of others, and asks for them itself. */
const questions: Readonly<Record<string, (backend: Backend, scratch: string) => Promise<unknown>>> = {
  counts: async (backend) => (await backend.call('project/info', {})).counts,
  files: async (backend) => {
    const wrong = (await backend.call('project/check', {})).find(({ ok }) => !ok);
    if (wrong !== undefined) throw new UserError(wrong.found, wrong.next);
    return 'as they were written';
  },
  datasets: (backend) => backend.call('datasets/list', all),
  documents: (backend) =>
    forEach(backend.call('datasets/list', all), async ({ id: dataset }) => [
      await backend.call('documents/list', { dataset, ...all }),
      await backend.call('documents/get', { dataset, index: 7 }),
      await backend.call('rejections/list', { dataset, ...all }),
    ]),
  splits: (backend) => backend.call('splits/list', all),
  piles: (backend) =>
    forEach(backend.call('splits/list', all), async ({ id: clustering }) => [
      await backend.call('piles/list', { clustering }),
      await backend.call('piles/documents', { clustering, ...all }),
      await backend.call('labels/list', { clustering, ...all }),
    ]),
  links: (backend) =>
    forEach(backend.call('datasets/list', all), ({ id }) => backend.call('links/list', { dataset: id, ...all })),
  experts: (backend) => backend.call('experts/list', all),
  adapters: (backend, scratch) =>
    forEach(backend.call('experts/list', all), async ({ id }) => {
      const path = join(scratch, id);
      await backend.call('export', { what: 'experts', id, format: 'peft', path });
      const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
      return Promise.all(
        paths.map(async (file) =>
          createHash('sha256')
            .update(await readFile(file))
            .digest('hex'),
        ),
      );
    }),
  mixers: (backend) => backend.call('mixers/list', all),
  evaluations: (backend) => backend.call('evaluations/list', all),
  runs: (backend) => backend.call('runs/list', all),
};

async function forEach<T, R>(list: Promise<{ items: T[] }>, ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (const item of (await list).items) answers.push(await ask(item));
  return answers;
}

async function found(answer: () => Promise<unknown>): Promise<Found> {
  try {
    return {
      value: createHash('sha256')
        .update(canonicalJson(await answer()))
        .digest('hex'),
    };
  } catch (error) {
    if (error instanceof UserError) return { told: `${error.message} ${error.next}` };
    return { defect: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const [, , folder] = process.argv;
const scratch = await mkdtemp(join(tmpdir(), 'polymath-probe-'));
const answers: Record<string, Found> = {};
answers.open = await found(async () => {
  const served = await serveProject(folder);
  for (const [name, ask] of Object.entries(questions)) answers[name] = await found(() => ask(served.backend, scratch));
  await served.close();
  return 'opened and closed';
});
await rm(scratch, { recursive: true, force: true });
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
