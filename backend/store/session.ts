import { setImmediate } from 'node:timers/promises';
import {
  BIGINT,
  BOOLEAN,
  DuckDBDataChunk,
  DuckDBListValue,
  INTEGER,
  SQLNULL,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { z } from 'zod';

/** What a statement takes as a parameter; numbers are whole. */
export type SqlValue = string | number | boolean | null;
/** What goes into a column in bulk; an array becomes a list. */
export type SqlCell = SqlValue | Float32Array;

/** Rows of a data chunk: the size of DuckDB's vectors. */
const CHUNK_ROWS = 2048;
/** Chunks that are handed over at once: that blocks the event loop, by default for half a second. */
const FLUSH_CHUNKS = 16;

/** Statements on one connection. Whoever holds a session has the connection for itself. */
export class StoreSession {
  constructor(private readonly connection: DuckDBConnection) {}

  /** The rows, checked. NULL is an absent field, and a BIGINT a number. */
  async rows<T>(row: z.ZodType<T>, sql: string, values: readonly SqlValue[] = []): Promise<T[]> {
    const reader = await this.connection.runAndReadAll(sql, ...bound(values));
    return reader.getRowObjectsJS().map((found) => row.parse(withoutNulls(found)));
  }

  /** The only or the first row. */
  async first<T>(row: z.ZodType<T>, sql: string, values: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.rows(row, sql, values)).at(0);
  }

  /** Runs a statement that gives no rows; several where there are no values. */
  async run(sql: string, values: readonly SqlValue[] = []): Promise<void> {
    await this.connection.run(sql, ...bound(values));
  }

  /** The rows in chunks as they come, for results too large to stand in memory twice. */
  async *chunks(sql: string, values: readonly SqlValue[] = []): AsyncGenerator<DuckDBDataChunk> {
    yield* await this.connection.stream(sql, ...bound(values));
  }

  /** The whole numbers that a statement gives as its only column, one after another. */
  async eachNumber(sql: string, values: readonly SqlValue[], visit: (number: number) => void): Promise<void> {
    for await (const chunk of this.chunks(sql, values)) {
      const column = chunk.getColumnVector(0);
      for (let row = 0; row < chunk.rowCount; row++) visit(Number(column.getItem(row)));
    }
  }

  /**
   * Adds `count` rows to a table, in the transaction that is open; `columns` give the cell of each row, in the table's
   * order.
   */
  async append(table: string, count: number, columns: readonly ((row: number) => SqlCell)[]): Promise<void> {
    const appender = await this.connection.createAppender(table);
    try {
      const types = columns.map((_, i) => appender.columnType(i));
      for (let start = 0; start < count; start += CHUNK_ROWS) {
        const size = Math.min(CHUNK_ROWS, count - start);
        const chunk = DuckDBDataChunk.create(types, size);
        chunk.setColumns(columns.map((cell) => Array.from({ length: size }, (_, i) => toDuckDB(cell(start + i)))));
        appender.appendDataChunk(chunk);
        if ((start / CHUNK_ROWS) % FLUSH_CHUNKS === FLUSH_CHUNKS - 1) appender.flushSync();
        await setImmediate();
      }
    } catch (error) {
      // What is left in an appender would be written when it is collected, outside the transaction.
      appender.clear();
      throw error;
    } finally {
      appender.closeSync();
    }
  }
}

/** Rowwise whole numbers for an `IN (…)`: as constants, because only those let DuckDB skip what cannot match. */
export function integerList(values: Iterable<number>): string {
  const list = [...values];
  if (!list.every(Number.isSafeInteger)) throw new TypeError('only whole numbers can stand in a list of integers');
  return list.length === 0 ? 'NULL' : list.join(', ');
}

function toDuckDB(cell: SqlCell): DuckDBValue {
  return cell instanceof Float32Array ? new DuckDBListValue(Array.from(cell)) : cell;
}

/**
 * Whole numbers go in as integers: by default they would be doubles, and no comparison with a column could be pushed
 * down.
 */
function bound(values: readonly SqlValue[]): [DuckDBValue[], DuckDBType[]] {
  const large = (value: SqlValue): value is number => typeof value === 'number' && Math.abs(value) >= 2 ** 31;
  const type = (value: SqlValue): DuckDBType => {
    if (value === null) return SQLNULL;
    if (typeof value === 'number') return large(value) ? BIGINT : INTEGER;
    return typeof value === 'string' ? VARCHAR : BOOLEAN;
  };
  return [values.map((value) => (large(value) ? BigInt(value) : value)), values.map(type)];
}

function withoutNulls(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(plain.map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]));
}
