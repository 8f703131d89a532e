/** Damages project folders at random, and looks that what is asked of them is answered rightly or refused in words. */
import { cp, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createRandom, type Random } from '../../backend/base/random';
import { openProject, resultOf } from '../support/project';
import { runProgram } from '../support/program';
import type { Found } from './probe';

/** What no answer rests on: what a process wrote for people to read, caches, and who has the project open. */
const unread = /log\.txt$|metrics\.jsonl$|backend\.json$|\.gitignore$|\/tasks\/|\/spill\/|\.backup$/;

const mutations: Readonly<
  Record<string, (path: string, random: Random, others: readonly string[]) => Promise<unknown>>
> = {
  'a bit flipped': async (path, random) => {
    const bytes = await readFile(path);
    bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    await writeFile(path, bytes);
  },
  '8 kB overwritten': async (path, random) => {
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    const noise = Uint8Array.from({ length: Math.min(8192, size) }, () => random.below(256));
    await file.write(noise, 0, noise.length, random.below(size - noise.length + 1));
    await file.close();
  },
  'cut short': async (path, random) => truncate(path, random.below((await stat(path)).size)),
  'longer than it was': (path) => writeFile(path, 'more', { flag: 'a' }),
  removed: (path) => rm(path),
  'another file in its place': (path, random, others) => cp(others[random.below(others.length)], path),
};

export interface Damage {
  readonly where: string;
  /** What was wrong with what came of it; empty where every question was answered rightly or refused in words. */
  readonly faults: readonly string[];
  /** Whether anything was refused: some damage touches nothing that anybody reads. */
  readonly told: boolean;
}

/** Damages a copy of a project so many times, one file at a time. */
export async function damageProjects(
  times: number,
  seed: number,
  log: (damage: Damage) => void = () => undefined,
): Promise<Damage[]> {
  const work = await mkdtemp(join(tmpdir(), 'polymath-damage-'));
  try {
    const whole = join(work, 'whole');
    await makeProject(whole);
    const right = await ask(await copied(whole, join(work, 'right')));
    const random = createRandom(seed);
    const damages: Damage[] = [];
    while (damages.length < times) {
      const folder = await copied(whole, join(work, `damaged-${damages.length}`));
      const files = (await filesOf(folder)).sort();
      const path = files[random.below(files.length)];
      const [how, mutate] = Object.entries(mutations)[random.below(Object.keys(mutations).length)];
      await mutate(
        path,
        random,
        files.filter((file) => file !== path),
      );
      const answers = await ask(folder);
      const faults = Object.entries(answers).flatMap(([name, found]) => faultOf(name, found, right[name]));
      const told = Object.values(answers).some((found) => 'told' in found);
      const damage = { where: `${relative(folder, path)}: ${how}`, faults, told };
      log(damage);
      damages.push(damage);
      await rm(folder, { recursive: true });
    }
    return damages;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function faultOf(name: string, found: Found, right: Found | undefined): string[] {
  if ('told' in found) return [];
  if ('defect' in found) return [`${name}: ${found.defect}`];
  return right !== undefined && 'value' in right && right.value === found.value ? [] : [`${name} is wrong in silence`];
}

async function ask(folder: string): Promise<Record<string, Found>> {
  const { code, out, err } = await runProgram('test/damage/probe', folder, folder);
  if (code === 0) return JSON.parse(out) as Record<string, Found>;
  return { open: { defect: `the process ended with ${code}: ${err.slice(-2000)}` } };
}

async function copied(from: string, to: string): Promise<string> {
  await cp(from, to, { recursive: true, preserveTimestamps: true });
  return to;
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return paths.filter((path, i) => sizes[i] > 0 && !unread.test(path));
}

/** A project with one of everything that has files, and what people said of it. */
async function makeProject(to: string): Promise<void> {
  const project = await openProject(60);
  const { backend, root } = project;
  const dataset = await resultOf(backend, { kind: 'import', source: join(root, 'corpus.jsonl') });
  const split = await resultOf(backend, { kind: 'split', dataset, method: 'unigram', k: 2 });
  const [row] = (await backend.call('piles/documents', { clustering: split, limit: 1 })).items;
  const documents = [{ index: row.index, version: row.version }];
  await backend.call('labels/move', { clustering: split, documents, to: 1 - row.pile });
  await backend.call('links/add', { dataset, kind: 'must', a: 1, b: 2 });
  const experts = await resultOf(backend, { kind: 'train', split, tokens: 200, rank: 2 });
  await resultOf(backend, { kind: 'mix', experts, weighting: 'uniform' });
  await project.reopen();
  await cp(project.folder, to, { recursive: true, preserveTimestamps: true });
  await project.remove();
}
