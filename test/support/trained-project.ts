import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from './command-line';
import { generatedCorpus } from './corpus';

/** A folder with a corpus and a project of it: split by perplexity EM, with three experts and their mixer. */
interface TrainedProject {
  readonly folder: string;
  /** What `polymath split --json` said of the split. */
  readonly split: string;
}

let made: Promise<TrainedProject> | undefined;

/** Made by the command line for the first who asks in this process, and then only read: whoever writes takes a copy. */
export function trainedProject(): Promise<TrainedProject> {
  return (made ??= make());
}

async function make(): Promise<TrainedProject> {
  const folder = await mkdtemp(join(tmpdir(), 'polymath-'));
  // Files of tests that follow one another in a process share it.
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'corpus.jsonl'), generatedCorpus(150));
  const done = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await command(folder, ...args, '--json');
    assert.equal(code, 0, err);
    return out;
  };
  const split = await done('split', 'corpus.jsonl', '--k', '3', '--prefix', '32', '--rounds', '1');
  await done('train', '--tokens', '18000');
  await done('mix');
  return { folder, split };
}

export async function copyOfTrainedProject(): Promise<string> {
  const { folder } = await trainedProject();
  const copy = await mkdtemp(join(tmpdir(), 'polymath-'));
  await cp(folder, copy, { recursive: true });
  return copy;
}
