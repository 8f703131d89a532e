import type { DuckDBConnection, DuckDBInstance } from './duckdb';
import { Semaphore } from './semaphore';
import { StoreSession } from './session';

/** Reads at the same time: the rest of Node's four threads for files stay free while two long searches go on. */
const READERS = 2;

/**
 * An open database: writes one after another, each in a transaction of its own; reads beside them, each on one
 * snapshot.
 */
export class Database {
  private readonly writing = new Semaphore(1);
  private readonly reading = new Semaphore(READERS);
  private readonly pending = new Set<Promise<unknown>>();
  private closing = false;
  /** Whether anything was written since this was last set to false. */
  changed = false;

  /** `explain` turns what DuckDB throws into what the user can mend. */
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly writer: DuckDBConnection,
    private readonly explain: (error: unknown) => unknown,
  ) {}

  static async over(instance: DuckDBInstance, explain: (error: unknown) => unknown): Promise<Database> {
    return new Database(instance, await instance.connect(), explain);
  }

  /**
   * Runs the task in a transaction. When it resolves, what it wrote is on disk; when it throws, nothing of it is there.
   */
  write<T>(task: (session: StoreSession) => Promise<T>): Promise<T> {
    return this.alone(async (session) => {
      await session.run('BEGIN TRANSACTION');
      try {
        const result = await task(session);
        await session.run('COMMIT');
        this.changed = true;
        return result;
      } catch (error) {
        // A COMMIT that failed has ended the transaction already.
        await session.run('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  /** Runs the task while nobody else writes, outside a transaction. */
  alone<T>(task: (session: StoreSession) => Promise<T>): Promise<T> {
    return this.enter(this.writing, () => task(new StoreSession(this.writer)));
  }

  /** Runs the task on a snapshot: what others write meanwhile does not show. */
  read<T>(task: (session: StoreSession) => Promise<T>): Promise<T> {
    return this.enter(this.reading, async () => {
      const connection = await this.instance.connect();
      try {
        const session = new StoreSession(connection);
        await session.run('BEGIN TRANSACTION READ ONLY');
        return await task(session);
      } finally {
        connection.closeSync();
      }
    });
  }

  /** Waits for what is under way; whoever comes later is refused. */
  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    await Promise.allSettled(this.pending);
    this.writer.closeSync();
    this.instance.closeSync();
  }

  private async enter<T>(lane: Semaphore, task: () => Promise<T>): Promise<T> {
    if (this.closing) throw new Error('the store is closed');
    const running = lane.run(task);
    this.pending.add(running);
    try {
      return await running;
    } catch (error) {
      throw this.explain(error);
    } finally {
      this.pending.delete(running);
    }
  }
}
