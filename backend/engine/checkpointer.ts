import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { bundlePieces, DamagedBundleError, decodeBundle, encodeBundle, pack, unpack } from '../base/bundle';
import type { Checkpointer, State } from '../base/checkpoint';
import { writeWhole } from '../base/files';
import { version } from '../base/version';
import { tableOf } from '../base/table';

export interface CheckpointOptions {
  /** Milliseconds of work between two checkpoints; what writing one costs stretches it. 0 writes at every offer. */
  readonly interval: number;
  /** Read when a checkpoint is written, and given back by `open`: where the curves stand, for example. */
  readonly note: () => State;
}

/** There are checkpoints, and none of them can be read. */
export class NoCheckpointError extends Error {
  override readonly name = 'NoCheckpointError';
}

/** The newest checkpoint was written by another version of Polymath, which computed in other ways. */
export class OtherVersionError extends Error {
  override readonly name = 'OtherVersionError';

  constructor(written: string | undefined) {
    super(
      `The checkpoint was written by ${written === undefined ? 'an earlier version of Polymath' : `Polymath ${written}`}, ` +
        `and this is Polymath ${version}: it cannot go on from there.`,
    );
  }
}

/** Another process has taken the folder over since: this one must not write any more. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

/** What `open` found. */
export interface OpenedCheckpoints {
  readonly checkpointer: FileCheckpointer;
  /** The note of the checkpoint in force; absent where the run begins. */
  readonly note?: State;
  /** Files that were passed over, with the reason. */
  readonly damaged: readonly string[];
}

// The newest may be damaged by a failing disk: the one before it is then the next best.
const kept = 2;
// Writing may take this share of the time at most.
const largestShare = 0.05;
const ownerFile = 'owner';
/** What is in a file. Version 0.1.0 did not say that it was it. */
const content = z.object({
  version: z.string().optional(),
  note: tableOf(z.unknown()),
  states: tableOf(z.instanceof(Uint8Array)),
});
const fileName = /^(\d{8})\.checkpoint$/;

/**
 * Keeps the states of a run's steps in its folder `checkpoints/`, one numbered file for all of them: a single rename puts
 * weights, optimiser, random numbers and place in force together, so no mix of two moments can be read.
 */
export class FileCheckpointer implements Checkpointer {
  /** Each state as bytes, so that what the step changes afterwards does not change it. */
  private readonly states = new Map<string, Uint8Array>();
  private written = performance.now();
  private cost = 0;

  private constructor(
    private readonly folder: string,
    private number: number,
    private readonly owner: string,
    private readonly signal: AbortSignal,
    private readonly options: CheckpointOptions,
  ) {}

  /**
   * Opens the newest checkpoint that is whole, and takes the folder over from whatever process had it. Throws OtherVersionError
   * where another version wrote it, and NoCheckpointError where there are some and all are damaged.
   */
  static async open(folder: string, signal: AbortSignal, options: CheckpointOptions): Promise<OpenedCheckpoints> {
    await mkdir(folder, { recursive: true });
    const owner = randomUUID();
    await writeWhole(join(folder, ownerFile), owner);
    const numbers = await numbersIn(folder);
    const damaged: string[] = [];
    for (const number of numbers.toReversed()) {
      const path = join(folder, nameOf(number));
      try {
        const { version: written, note, states } = content.parse(unpack(decodeBundle(await readFile(path))));
        if (written !== version) throw new OtherVersionError(written);
        const checkpointer = new FileCheckpointer(folder, numbers[numbers.length - 1] + 1, owner, signal, options);
        for (const [name, bytes] of Object.entries(states)) checkpointer.states.set(name, bytes);
        return { checkpointer, note, damaged };
      } catch (error) {
        if (!(error instanceof DamagedBundleError)) throw error;
        damaged.push(`${path}: ${error.message}`);
      }
    }
    if (damaged.length > 0) throw new NoCheckpointError(damaged.join('\n'));
    return { checkpointer: new FileCheckpointer(folder, 1, owner, signal, options), damaged };
  }

  load(name: string): State | undefined {
    const bytes = this.states.get(name);
    return bytes === undefined ? undefined : (unpack(decodeBundle(bytes)) as State);
  }

  async offer(name: string, capture: () => State | Promise<State>): Promise<void> {
    if (!this.due() && !this.signal.aborted) return;
    const state = await capture();
    // The one before is on disk: two of them would be as large as all that is trained.
    this.states.delete(name);
    this.states.set(name, encode(state));
    await this.write();
    this.signal.throwIfAborted();
  }

  finish(name: string, result: State): void {
    for (const part of this.states.keys()) if (part.startsWith(`${name}/`)) this.states.delete(part);
    this.states.set(name, encode(result));
  }

  private due(): boolean {
    const { interval } = this.options;
    const passed = performance.now() - this.written;
    return interval === 0 || (passed >= interval && passed >= this.cost / largestShare);
  }

  private async write(): Promise<void> {
    const started = performance.now();
    const owner = await readFile(join(this.folder, ownerFile), 'utf8');
    if (owner !== this.owner) throw new SupersededError('another process goes on with this run');
    const { json, arrays } = pack({ version, note: this.options.note(), states: Object.fromEntries(this.states) });
    await writeWhole(join(this.folder, nameOf(this.number)), bundlePieces(json, arrays));
    this.number++;
    const numbers = await numbersIn(this.folder);
    for (const old of numbers.slice(0, -kept)) await rm(join(this.folder, nameOf(old)), { force: true });
    this.written = performance.now();
    this.cost = this.written - started;
  }
}

function encode(state: State): Uint8Array {
  const { json, arrays } = pack(state);
  return encodeBundle(json, arrays);
}

function nameOf(number: number): string {
  return `${String(number).padStart(8, '0')}.checkpoint`;
}

async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .flatMap((name) => fileName.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
