import { type DuckDBDataChunk, DuckDBTypeId, JsonDuckDBValueConverter } from '@duckdb/node-api';
import { UserError } from '../../base/errors';
import { openDatabase, parquetFile } from '../../store/duckdb';
import { bombLimit } from './bytes';
import type { ReadRecord } from './record';

/** MiB for decoding: a row group's pages of the columns that are read. */
const MEMORY = 1024;

/**
 * The rows of a Parquet file, decoded as they come. Their `line` is the number of the row, from 1.
 * Throws UserError where the file is damaged, or grows out of all proportion.
 */
export async function* readParquet(
  path: string,
  bytes: number,
  onRead: (read: () => number) => void = () => undefined,
  limit: typeof bombLimit = bombLimit,
): AsyncGenerator<ReadRecord> {
  const instance = await openDatabase({ memory: MEMORY, threads: 1 });
  const connection = await instance.connect();
  let row = 0;
  let made = 0;
  let total = Infinity;
  onRead(() => (bytes * row) / total);
  try {
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${parquetFile(path)}`);
    total = Math.max(1, Number(counted.value(0, 0)));
    const result = await connection.stream(`SELECT * FROM ${parquetFile(path)}`);
    const names = result.deduplicatedColumnNames();
    const isBig = result.columnTypes().map(({ typeId }) => typeId === DuckDBTypeId.BIGINT);
    for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
      if (chunk.rowCount === 0) break;
      for (const values of rowsOf(chunk)) {
        const cells = values.map((value, i) => (isBig[i] ? exactNumber(value) : value));
        for (const cell of cells) made += typeof cell === 'string' ? cell.length : 8;
        yield { line: ++row, fields: Object.fromEntries(names.map((name, i) => [name, cells[i]])) };
      }
      if (made > limit.free && made > limit.ratio * bytes)
        throw new Error(`it holds over ${limit.ratio} times its size`);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message.split('\n', 1)[0].slice(0, 300) : String(error);
    throw new UserError(
      `${path} cannot be read as Parquet (${reason}).`,
      'Fetch or write the file again; smaller row groups take less memory.',
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function rowsOf(chunk: DuckDBDataChunk): unknown[][] {
  return chunk.convertRows(JsonDuckDBValueConverter);
}

/** A 64-bit number as a number where it is one without loss. */
function exactNumber(value: unknown): unknown {
  const number = Number(value);
  return value !== null && Number.isSafeInteger(number) ? number : value;
}
