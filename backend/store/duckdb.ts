/** The only file that opens DuckDB: in memory for reading and writing Parquet, on disk for the project's own file. */
import { DuckDBInstance } from '@duckdb/node-api';

export type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface DatabaseSettings {
  /** The file; in memory where there is none. */
  readonly path?: string;
  /** MiB that DuckDB may take for itself; what needs more spills to `temporary` or fails. */
  readonly memory: number;
  readonly threads?: number;
  /** Where larger sorts and joins may spill; nowhere by default. */
  readonly temporary?: string;
  /** Whether COPY and unsorted results keep the order of rows, as they do by default; without it they take less memory. */
  readonly keepOrder?: boolean;
}

/**
 * Opens a database that loads no extension from anywhere and takes no setting from what it reads. The file system stays
 * reachable, because datasets are Parquet files beside the project's own file; statements are our own, never the user's.
 */
export function openDatabase({
  path,
  memory,
  threads = 2,
  temporary,
  keepOrder = true,
}: DatabaseSettings): Promise<DuckDBInstance> {
  return DuckDBInstance.create(path ?? ':memory:', {
    memory_limit: `${memory}MiB`,
    threads: String(threads),
    temp_directory: temporary ?? '',
    preserve_insertion_order: String(keepOrder),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    lock_configuration: 'true',
  });
}

/** A text as an SQL literal: for the few places (file names in `read_parquet`, COPY) that take no parameter. */
export function literal(text: string): string {
  if (text.includes('\0')) throw new TypeError('a name cannot hold a NUL character');
  return `'${text.replaceAll("'", "''")}'`;
}

/** A Parquet file as a table, whatever characters its path holds: by itself `read_parquet` takes `*`, `?` and `[` as patterns. */
export function parquetFile(...paths: string[]): string {
  const files = paths.map((path) => literal(path.replaceAll(/[*?[]/g, '[$&]')));
  return `read_parquet([${files.join(', ')}], hive_partitioning = false)`;
}
