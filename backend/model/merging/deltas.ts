/** What experts change of a weight of their base model: alpha/rank · B A of adapters, Wₑ − W of experts with weights of their own. */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AdapterStack, scaleOf } from '../adapters/adapter';
import type { BaseModel } from '../weights/base-model';
import { allFinite, notFinite } from '../weights/finite';
import { toFloat32 } from '../weights/floats';
import type { ModelWeights, WeightEntry } from '../weights/match';

/** An expert, and how much of it counts: a single adapter, or a model of the base's shape on disk. */
export interface MergedExpert {
  readonly expert: AdapterStack | BaseModel;
  readonly weight: number;
}

/** A weight of a base model, and the experts that may change it. */
export interface Place {
  readonly base: BaseModel;
  readonly experts: readonly MergedExpert[];
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Numbers of a tensor that are in memory at once, for each expert. */
const pieceLength = 2 ** 20;

/** Some rows of the base's weight, and what each expert makes of them, used again for the next. */
interface Rows {
  readonly base: Float32Array;
  readonly experts: readonly Float64Array[];
}

/** Reads a weight and what experts make of it, some rows at a time and as often as needed. */
export class WeightReader {
  private constructor(
    private readonly signal: AbortSignal,
    private readonly base: TensorRows,
    /** What each expert does to the weight; undefined where it leaves it alone. */
    private readonly changes: readonly (Change | undefined)[],
  ) {}

  static async open({ base, experts, name, signal }: Place): Promise<WeightReader> {
    const changes: (Change | undefined)[] = [];
    for (const { expert } of experts) {
      const isAdapter = expert instanceof AdapterStack;
      changes.push(isAdapter ? productOf(expert, name) : difference(await TensorRows.open(name, expert.weights)));
    }
    return new WeightReader(signal, await TensorRows.open(name, base.weights), changes);
  }

  /** Numbers of the weight. */
  get length(): number {
    return this.base.rows * this.base.width;
  }

  /** Whether any expert changes it. */
  get isChanged(): boolean {
    return this.changes.some((change) => change !== undefined);
  }

  /** In double precision. Throws the signal's reason once it is aborted, and UserError for values that are no numbers. */
  async *rows(on: 'deltas' | 'weights'): AsyncGenerator<Rows> {
    const { rows, width } = this.base;
    const step = Math.min(rows, Math.max(1, Math.floor(pieceLength / width)));
    const buffers = this.changes.map(() => new Float64Array(this.isChanged ? step * width : 0));
    for (let first = 0; first < rows; first += step) {
      this.signal.throwIfAborted();
      const range = { first, count: Math.min(step, rows - first), width };
      const base = await this.base.read(range);
      const experts = buffers.map((buffer) => buffer.subarray(0, base.length));
      for (const [e, delta] of experts.entries()) {
        delta.fill(0);
        await this.changes[e]?.addTo(delta, base, range);
        if (on === 'weights') for (let i = 0; i < delta.length; i++) delta[i] += base[i];
      }
      yield { base, experts };
    }
  }

  /** What each expert makes of it. */
  async *pieces(on: 'deltas' | 'weights'): AsyncGenerator<readonly Float64Array[]> {
    for await (const { experts } of this.rows(on)) yield experts;
  }

  async close(): Promise<void> {
    for (const opened of [this.base, ...this.changes]) await opened?.close();
  }
}

/** Some rows of a matrix. */
interface RowRange {
  readonly first: number;
  readonly count: number;
  readonly width: number;
}

/** What an expert changes of a weight. */
interface Change {
  /** Adds it to rows that hold zeros; `base` has the base's. */
  addTo(delta: Float64Array, base: Float32Array, range: RowRange): Promise<void>;
  close(): Promise<void>;
}

/** What an adapter changes of a weight, in the layout of the weight; undefined where it leaves it alone. */
function productOf(adapter: AdapterStack, name: string): Change | undefined {
  const module = adapter.modules.find(({ path }) => `${path}.weight` === name);
  if (module === undefined) return undefined;
  const { path, rank, out, in: input, transposed } = module;
  const a = adapter.share(`${path}.lora_A`, 0);
  const b = adapter.share(`${path}.lora_B`, 0);
  const left = transposed ? transpose(a, rank, input) : b;
  const right = transposed ? transpose(b, out, rank) : a;
  const scale = scaleOf(module);
  const addTo: Change['addTo'] = (delta, _, { first, count, width }) => {
    for (let row = 0; row < count; row++) {
      const own = delta.subarray(row * width, (row + 1) * width);
      for (let r = 0; r < rank; r++) {
        const factor = scale * left[(first + row) * rank + r];
        const from = r * width;
        for (let i = 0; i < width; i++) own[i] += factor * right[from + i];
      }
    }
    return Promise.resolve();
  };
  return { addTo, close: () => Promise.resolve() };
}

/** [rows, columns] as [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  return result;
}

/** What makes of the base's weight that of another model. */
function difference(other: TensorRows): Change {
  const addTo: Change['addTo'] = async (delta, base, range) => {
    const values = await other.read(range);
    for (let i = 0; i < delta.length; i++) delta[i] += values[i] - base[i];
  };
  return { addTo, close: () => other.close() };
}

/** A tensor of a file as a matrix, read some rows at a time. */
class TensorRows {
  readonly rows: number;
  readonly width: number;

  private constructor(
    private readonly name: string,
    private readonly path: string,
    private readonly entry: WeightEntry,
    private readonly file: FileHandle,
  ) {
    this.width = entry.shape.at(-1) ?? 1;
    this.rows = entry.shape.slice(0, -1).reduce((product, dim) => product * dim, 1);
  }

  static async open(name: string, { folder, entries }: ModelWeights): Promise<TensorRows> {
    const entry = entries.get(name);
    if (entry === undefined) throw new Error(`there is no weight ${name}`);
    const path = join(folder, entry.file);
    return new TensorRows(name, path, entry, await open(path, 'r'));
  }

  /** Throws UserError for values that are no numbers. */
  async read({ first, count }: RowRange): Promise<Float32Array> {
    const { dtype, offset, length } = this.entry;
    const rowBytes = length / this.rows;
    const bytes = new Uint8Array(count * rowBytes);
    await this.file.read(bytes, 0, bytes.length, offset + first * rowBytes);
    if (!allFinite(dtype, bytes)) throw notFinite(this.path, this.name);
    return toFloat32(dtype, bytes);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
