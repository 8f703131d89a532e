/** Files with a few bytes changed at random, and what comes of reading them. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../backend/base/errors';
import { createRandom, type Random } from '../../backend/base/random';
import type { AdapterStack } from '../../backend/model/adapters/adapter';
import { loadAdapter } from '../../backend/model/adapters/peft/load';
import { LanguageModel } from '../../backend/model/language-model';
import { score } from '../../backend/model/score';
import { hashModel } from '../../backend/model/weights/fingerprint';
import { convertGguf } from '../../backend/model-files/gguf/convert';

const fixtures = 'test/fixtures';
/** Milliseconds that reading a mutated file of some kilobytes may take. */
const patience = 5000;

/** Files to begin with, and what gives losses of a text after reading them. */
type Subject = readonly [from: string, read: (folder: string) => Promise<number[]>];

const readFolder = async (folder: string): Promise<number[]> => {
  await hashModel(folder);
  return withModel(folder, undefined);
};

/** What is mutated, by its name. */
export const mutated: Readonly<Record<string, Subject>> = {
  safetensors: [join(fixtures, 'pytorch/tiny-llama'), readFolder],
  GGUF: [join(fixtures, 'gguf/tiny-llama.gguf'), readGguf],
  adapter: [join(fixtures, 'pytorch/lora'), readAdapter],
};

async function readGguf(folder: string): Promise<number[]> {
  const watch = { report: () => undefined, signal: new AbortController().signal };
  return readFolder(await convertGguf(join(folder, 'model.gguf'), join(folder, 'made'), watch));
}

function readAdapter(folder: string): Promise<number[]> {
  return withModel(join(fixtures, 'pytorch/tiny-llama'), folder);
}

async function withModel(folder: string, adapter: string | undefined): Promise<number[]> {
  const model = await LanguageModel.open(folder, { threads: 1 });
  try {
    let stack: AdapterStack | undefined;
    if (adapter !== undefined) stack = await loadAdapter(adapter, model.config);
    const tokens = Int32Array.from({ length: 8 }, (_, i) => (i * 5) % model.config.vocabularySize);
    const [losses] = await score(model, [tokens], stack);
    return [...losses];
  } finally {
    await model.dispose();
  }
}

/** One file of a copy is changed: bits, runs of bytes, its length. Mostly near its beginning, where headers are. */
async function mutate(folder: string, random: Random): Promise<string> {
  const pick = (below: number): number => random.below(below);
  const files = (await readdir(folder)).sort();
  const file = files[pick(files.length)];
  const bytes = await readFile(join(folder, file));
  const place = (): number => pick(random.uniform() < 0.7 ? Math.min(bytes.length, 4096) : bytes.length);
  const kinds: Readonly<Record<string, () => Buffer>> = {
    bit: () => {
      const changed = Buffer.from(bytes);
      for (let i = 0; i <= pick(3); i++) changed[place()] ^= 1 << pick(8);
      return changed;
    },
    byte: () => {
      const changed = Buffer.from(bytes);
      changed[place()] = [0, 0xff, 0x30, 0x39, 0x22, 0x2d][pick(6)];
      return changed;
    },
    run: () => {
      const from = place();
      return Buffer.from(bytes).fill(pick(256), from, from + 1 + pick(16));
    },
    shorter: () => bytes.subarray(0, place()),
    longer: () => Buffer.concat([bytes, Buffer.alloc(1 + pick(64), pick(256))]),
    without: () => {
      const from = place();
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + pick(8))]);
    },
    twice: () => {
      const from = place();
      return Buffer.concat([bytes.subarray(0, from + 1 + pick(32)), bytes.subarray(from)]);
    },
  };
  const names = Object.keys(kinds);
  const kind = names[pick(names.length)];
  await writeFile(join(folder, file), kinds[kind]());
  return `${file}, ${kind}`;
}

export interface Tally {
  /** How many were refused with a clear message, were read as if nothing had been, and say something else now. */
  readonly refused: number;
  readonly same: number;
  readonly other: number;
  /** What is no such end: another error, a number that is none, too long a time. */
  readonly faults: readonly string[];
}

/** Reads `count` mutations of this kind, each from its own seed. */
export async function tryMutations(kind: string, count: number, seed = 1): Promise<Tally> {
  const [from, read] = mutated[kind];
  const tally = { refused: 0, same: 0, other: 0 };
  const faults: string[] = [];
  let expected: number[] | undefined;
  for (let i = -1; i < count; i++) {
    const folder = await mkdtemp(join(tmpdir(), 'polymath-mutation-'));
    await cp(from, from.endsWith('.gguf') ? join(folder, 'model.gguf') : folder, { recursive: true });
    const what = i < 0 ? 'nothing' : await mutate(folder, createRandom(seed, i));
    const started = performance.now();
    try {
      const losses = await read(folder);
      expected ??= losses;
      const isSame = losses.length === expected.length && losses.every((loss, t) => loss === expected?.[t]);
      if (i >= 0) tally[isSame ? 'same' : 'other']++;
      if (!losses.every(Number.isFinite)) faults.push(`${kind} ${i} (${what}): a loss that is no number`);
    } catch (error) {
      if (error instanceof UserError && error.message !== '' && i >= 0) tally.refused++;
      else
        faults.push(
          `${kind} ${i} (${what}): ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
    }
    const seconds = (performance.now() - started) / 1000;
    if (seconds * 1000 > patience) faults.push(`${kind} ${i} (${what}): ${seconds.toFixed(1)} s`);
    await rm(folder, { recursive: true, force: true });
  }
  return { ...tally, faults };
}
