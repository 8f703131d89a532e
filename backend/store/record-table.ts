import { z } from 'zod';
import { UserError } from '../base/errors';
import type { StoreSession, SqlValue } from './session';

export interface PageOf<T> {
  readonly total: number;
  readonly items: T[];
}

export interface PageRequest {
  readonly offset: number;
  readonly limit: number;
}

/** How the records of a table are kept. */
interface Layout<T> {
  readonly table: string;
  readonly schema: z.ZodType<T>;
  /** What a person calls one: "split". */
  readonly noun: string;
  /** The columns beside the record, for filters and joins. */
  readonly columns?: (record: T) => Readonly<Record<string, SqlValue>>;
}

const stored = z.object({ record: z.string() });
const counted = z.object({ total: z.int() });

/** Records with ids, each kept as JSON in a row of a table of its own. */
export class RecordTable<T extends { readonly id: string }> {
  constructor(private readonly layout: Layout<T>) {}

  /** Adds the record and tells its position; undefined where its id is taken, and nothing changes. */
  async insert(
    session: StoreSession,
    record: T,
    more: Readonly<Record<string, SqlValue>> = {},
  ): Promise<number | undefined> {
    if ((await this.position(session, record.id)) !== undefined) return undefined;
    const { schema, columns, table } = this.layout;
    const row = { id: record.id, ...columns?.(record), ...more, record: JSON.stringify(schema.parse(record)) };
    const names = Object.keys(row);
    const { position } = await required(session.first(z.object({ position: z.int() }), positionQuery));
    await session.run(
      `INSERT INTO ${table} (position, ${names.join(', ')}) VALUES (?, ${names.map(() => '?').join(', ')})`,
      [position, ...Object.values(row)],
    );
    return position;
  }

  /** Replaces the record of the same id. */
  async update(session: StoreSession, record: T): Promise<void> {
    const { schema, columns, table } = this.layout;
    const row = { ...columns?.(record), record: JSON.stringify(schema.parse(record)) };
    const set = Object.keys(row).map((name) => `${name} = ?`);
    await session.run(`UPDATE ${table} SET ${set.join(', ')} WHERE id = ?`, [...Object.values(row), record.id]);
  }

  async find(session: StoreSession, id: string): Promise<T | undefined> {
    const row = await session.first(stored, `SELECT record FROM ${this.layout.table} WHERE id = ?`, [id]);
    return row && this.parse(row.record);
  }

  /** Throws UserError where there is none. */
  async get(session: StoreSession, id: string): Promise<T> {
    return (await this.find(session, id)) ?? this.refuse(id);
  }

  /** The short name of a record in the large tables. */
  async position(session: StoreSession, id: string): Promise<number | undefined> {
    const row = z.object({ position: z.int() });
    return (await session.first(row, `SELECT position FROM ${this.layout.table} WHERE id = ?`, [id]))?.position;
  }

  /** The same; throws UserError where there is none. */
  async place(session: StoreSession, id: string): Promise<number> {
    return (await this.position(session, id)) ?? this.refuse(id);
  }

  /** The newest first; `where` names columns with the values that they must have, undefined for any. */
  async list(
    session: StoreSession,
    { offset, limit }: PageRequest,
    where: Readonly<Record<string, SqlValue | undefined>> = {},
  ): Promise<PageOf<T>> {
    const filters = Object.entries(where).filter((entry): entry is [string, SqlValue] => entry[1] !== undefined);
    const values = filters.map(([, value]) => value);
    const from = `FROM ${this.layout.table} WHERE ${['true', ...filters.map(([name]) => `${name} = ?`)].join(' AND ')}`;
    const total = await countOf(session, from, values);
    const page = `SELECT record ${from} ORDER BY position DESC LIMIT ? OFFSET ?`;
    const rows = await session.rows(stored, page, [...values, limit, offset]);
    return { total, items: rows.map(({ record }) => this.parse(record)) };
  }

  /** Throws UserError where there is none. */
  async remove(session: StoreSession, id: string): Promise<void> {
    await this.place(session, id);
    await session.run(`DELETE FROM ${this.layout.table} WHERE id = ?`, [id]);
  }

  private parse(record: string): T {
    return this.layout.schema.parse(JSON.parse(record));
  }

  private refuse(id: string): never {
    throw new UserError(`There is no ${this.layout.noun} ${id}.`, `List what there is and choose one of them.`);
  }
}

const positionQuery = "SELECT nextval('positions')::INTEGER AS position";

/** `SELECT count(*)` of what follows: FROM and its filters. */
export async function countOf(session: StoreSession, from: string, values: readonly SqlValue[] = []): Promise<number> {
  return (await required(session.first(counted, `SELECT count(*) AS total ${from}`, values))).total;
}

/** Throws UserError while rows of another table depend on something that is to be removed. */
export async function refuseWhileUsed(session: StoreSession, table: string, column: string, id: string): Promise<void> {
  const users = await countOf(session, `FROM ${table} WHERE ${column} = ?`, [id]);
  if (users === 0) return;
  // The table keeps the name that it had in earlier versions.
  const name = table === 'clusterings' ? 'splits' : table;
  throw new UserError(`${id} is in use: ${users} of the ${name} were made from it.`, `Remove those ${name} first.`);
}

/** A row that every query of its kind gives. */
export async function required<T>(row: Promise<T | undefined>): Promise<T> {
  const found = await row;
  if (found === undefined) throw new Error('a query gave no row');
  return found;
}
