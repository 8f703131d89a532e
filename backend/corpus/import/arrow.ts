import { decompress } from 'fzstd';
import { UserError } from '../../base/errors';
import { isLabel } from './columns';
import type { ReadRecord } from './record';

/**
 * The rows of an Arrow file or stream (`.arrow` as `datasets` saves it), batch by batch. Their `line` is the number of the row, from 1.
 * Throws UserError where it is damaged, or compressed with LZ4.
 */
export async function* readArrow(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ReadRecord> {
  const { compressionRegistry, CompressionType, RecordBatchReader } = await import('apache-arrow');
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => decompress(bytes) });
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: () => refuseLz4(path) });
  let line = 0;
  try {
    const reader = await RecordBatchReader.from(chunks);
    for await (const batch of reader) {
      const names = batch.schema.fields.map(({ name }) => name);
      for (let row = 0; row < batch.numRows; row++) {
        const cells = names.map((name, i) => [name, plain(batch.getChildAt(i)?.get(row))] as const);
        yield { line: ++line, fields: Object.fromEntries(cells) };
      }
    }
  } catch (error) {
    if (error instanceof UserError || (error instanceof Error && 'syscall' in error)) throw error;
    const reason = error instanceof Error ? error.message.split('\n', 1)[0].slice(0, 200) : String(error);
    throw new UserError(
      `${path} cannot be read as Arrow (${reason}).`,
      'Write it as Parquet, for example with datasets: load_from_disk(FOLDER).to_parquet(FILE)',
    );
  }
}

/** What Feather files of pandas and pyarrow are compressed with where nobody says otherwise. */
function refuseLz4(path: string): never {
  throw new UserError(
    `${path} is compressed with LZ4, which is not read here.`,
    "Write it with zstd, for example with pandas: pd.read_feather(FILE).to_feather(NEW, compression='zstd')",
  );
}

/** A value as JSON would have it: whole numbers to the digit, lists and groups of fields as such. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value === undefined || value === null || isLabel(value)) return value ?? null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value !== 'object') return null;
  if (isList(value)) return Array.from(value, plain);
  const fields = hasFields(value) ? value.toJSON() : null;
  return typeof fields === 'object' && fields !== null
    ? Object.fromEntries(Object.entries(fields).map(([name, inner]) => [name, plain(inner)]))
    : fields;
}

/** Groups of fields are iterable too, but have no length. */
function isList(value: object): value is Iterable<unknown> {
  return 'length' in value && typeof Reflect.get(value, Symbol.iterator) === 'function';
}

/** A row of a group of fields: a proxy, which tells of its methods only when they are asked for. */
function hasFields(value: object): value is { toJSON: () => unknown } {
  return typeof Reflect.get(value, 'toJSON') === 'function';
}
