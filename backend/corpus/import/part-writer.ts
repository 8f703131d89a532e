import { join } from 'node:path';
import { DuckDBDataChunk, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { type DuckDBConnection, type DuckDBInstance, literal, parquetFile } from '../../store/duckdb';

/** Rows of a data chunk: the size of DuckDB's vectors. */
const CHUNK_ROWS = 2048;
/** When a part is full. Its bytes bound what DuckDB holds at a time, however long the rows are. */
const PART_ROWS = 8 * CHUNK_ROWS;
const PART_BYTES = 16 * 2 ** 20;

export type TableColumns = Readonly<Record<string, DuckDBType>>;

/**
 * Collects rows in Parquet files of some megabytes each, for reading them once more in their order. While one part is
 * compressed in another thread, the next one fills.
 */
export class PartWriter {
  private rows: DuckDBValue[][] = [];
  private chunks: DuckDBDataChunk[] = [];
  private bytes = 0;
  private readonly parts: string[] = [];
  private writing: Promise<void> = Promise.resolve();
  private readonly types: readonly DuckDBType[];
  /** Rows that were added. */
  count = 0;

  private constructor(
    private readonly connection: DuckDBConnection,
    private readonly folder: string,
    private readonly name: string,
    private readonly columns: TableColumns,
  ) {
    this.types = Object.values(columns);
  }

  static async open(
    instance: DuckDBInstance,
    folder: string,
    name: string,
    columns: TableColumns,
  ): Promise<PartWriter> {
    return new PartWriter(await instance.connect(), folder, name, columns);
  }

  /** Adds a row of about so many bytes. Resolves when there is room for the next. */
  add(row: DuckDBValue[], bytes: number): Promise<void> | undefined {
    const isFull = this.bytes > 0 && this.bytes + bytes > PART_BYTES;
    const flushed = isFull ? this.flush() : undefined;
    this.rows.push(row);
    this.bytes += bytes;
    this.count++;
    if (this.rows.length === CHUNK_ROWS) this.pack();
    if (this.chunks.length * CHUNK_ROWS >= PART_ROWS) return this.flush();
    return flushed;
  }

  /** All rows as a table, in their order. */
  async finish(): Promise<string> {
    await this.flush();
    if (this.parts.length === 0) await this.flush(true);
    await this.writing;
    return parquetFile(...this.parts);
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.writing.catch(() => undefined);
    this.connection.closeSync();
  }

  private pack(): void {
    const chunk = DuckDBDataChunk.create(this.types, this.rows.length);
    chunk.setColumns(this.types.map((_, i) => this.rows.map((row) => row[i])));
    this.chunks.push(chunk);
    this.rows = [];
  }

  /** Begins to write what was collected. Resolves when the part before is written, so that there are never more than two. */
  private async flush(evenEmpty = false): Promise<void> {
    if (this.rows.length > 0) this.pack();
    if (this.chunks.length === 0 && !evenEmpty) return;
    const chunks = this.chunks.splice(0);
    this.bytes = 0;
    const before = this.writing;
    const path = join(this.folder, `${this.name}-${String(this.parts.length).padStart(6, '0')}.parquet`);
    this.parts.push(path);
    this.writing = before.then(() => this.write(path, chunks));
    // Whoever waits next hears of a failure; until then it is not an unhandled one.
    this.writing.catch(() => undefined);
    await before;
  }

  private async write(path: string, chunks: readonly DuckDBDataChunk[]): Promise<void> {
    const columns = Object.entries(this.columns).map(([name, type]) => `"${name}" ${type.toString()}`);
    await this.connection.run(`CREATE OR REPLACE TABLE "${this.name}" (${columns.join(', ')})`);
    const appender = await this.connection.createAppender(this.name);
    for (const chunk of chunks) appender.appendDataChunk(chunk);
    appender.closeSync();
    // One row group a part: when it is read again, no more than that stands in memory.
    const settings = `FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE ${PART_ROWS}`;
    await this.connection.run(`COPY "${this.name}" TO ${literal(path)} (${settings})`);
    await this.connection.run(`DROP TABLE "${this.name}"`);
  }
}
