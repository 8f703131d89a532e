/**
 * The project's own file, `project.duckdb`, from its creation to its backup:
 *
 *     project.duckdb          the database, with `project.duckdb.wal` beside it while it is open
 *     project.duckdb.backup   the last copy that could be read again
 *     .gitignore              keeps the project out of a repository; written once
 *     spill/                  what DuckDB and this file need for a while; emptied when the project is opened
 *
 * Nothing here reads the file while it is open: closing any handle of it would give up the lock that DuckDB holds,
 * because POSIX locks belong to the process and not to the handle.
 */
import { copyFile, link, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../base/errors';
import { exists, syncFolder, writeWhole } from '../base/files';
import { Database } from './database';
import { literal, openDatabase } from './duckdb';
import { backupPath, DamagedProjectError, explained, inUse, timeOf, writtenByNewer } from './failures';
import { migrate, schemaNumberOf, type Migration } from './schema';
import type { StoreSession } from './session';

/** MiB that DuckDB may take: the coordinator stays small, and what is larger spills. */
const MEMORY = 128;

/** Folders that this process has open: the lock of a file does not keep a process from itself. */
const owned = new Set<string>();

export interface ProjectFile {
  /** The project's folder, symbolic links resolved: one project, one name. */
  readonly folder: string;
  readonly database: Database;
  /** Whether it was brought up to date from an earlier schema. */
  readonly upgraded: boolean;
}

/** Opens the project of a folder, which is made where there is none. Throws UserError where that cannot be done. */
export async function openProject(folder: string, known: readonly Migration[]): Promise<ProjectFile> {
  const real = await makeFolder(folder);
  const path = databasePath(real);
  claim(real);
  try {
    await createWhereNone(path, known);
    const database = await connect(path);
    let upgraded: boolean;
    try {
      await emptySpill(real);
      upgraded = await bringUpToDate(database, path, known);
    } catch (error) {
      await database.close();
      throw error;
    }
    database.changed = (timeOf(path) ?? '') > (timeOf(backupPath(path)) ?? '');
    return { folder: real, database, upgraded };
  } catch (error) {
    owned.delete(real);
    throw explained(error, path);
  }
}

export async function closeProject({ folder, database }: Pick<ProjectFile, 'folder' | 'database'>): Promise<void> {
  await database.close();
  owned.delete(folder);
}

/** Copies the database as it is now, and puts the copy in the place of the last backup once it has been read again. */
export async function backUp({ folder, database }: Pick<ProjectFile, 'folder' | 'database'>): Promise<void> {
  const copy = join(folder, 'spill', 'backup.duckdb');
  await database.alone(async (session) => {
    await removeDatabase(copy);
    await session.run(`ATTACH ${literal(copy)} AS copy`);
    try {
      await session.run('COPY FROM DATABASE project TO copy');
    } catch (error) {
      // A page that cannot be read may leave a transaction behind, and with it nothing else could be said.
      for (const statement of ['ROLLBACK', 'DETACH copy']) await session.run(statement).catch(() => undefined);
      throw error;
    }
    await session.run('DETACH copy');
    await requireReadable(copy);
    await putInPlace(copy, backupPath(databasePath(folder)));
    database.changed = false;
  });
}

export interface Repair {
  /** Where the damaged file is now; absent where the file was gone. */
  readonly damaged?: string;
  /** When the backup was made that is in force now, ISO 8601. */
  readonly backup: string;
}

/**
 * Puts the last backup in force and keeps the damaged file under another name; undefined where the file is whole. Throws UserError
 * where there is no backup or it is damaged too, and InUseError where the file is open.
 */
export async function repairProject(folder: string): Promise<Repair | undefined> {
  const real = await realpath(folder).catch(() => folder);
  const path = databasePath(real);
  claim(real);
  try {
    if (await readable(path)) return undefined;
    const backup = timeOf(backupPath(path));
    if (backup === undefined) throw new UserError(`The project ${path} has no backup.`, 'Import your corpus again.');
    const copy = join(real, 'spill', 'restored.duckdb');
    await mkdir(join(real, 'spill'), { recursive: true });
    await removeDatabase(copy);
    await copyFile(backupPath(path), copy);
    await requireReadable(copy);
    const aside = `${path}.corrupt-${new Date().toISOString().replaceAll(':', '-')}`;
    // The log goes first: beside the backup it would be taken for the backup's own.
    if (await exists(`${path}.wal`)) await rename(`${path}.wal`, `${aside}.wal`);
    const damaged = await exists(path);
    if (damaged) await rename(path, aside);
    await putInPlace(copy, path);
    return damaged ? { damaged: aside, backup } : { backup };
  } catch (error) {
    throw explained(error, path);
  } finally {
    owned.delete(real);
  }
}

function databasePath(folder: string): string {
  return join(folder, 'project.duckdb');
}

async function makeFolder(folder: string): Promise<string> {
  try {
    refuseQuestionMark(resolve(folder));
    await mkdir(join(folder, 'spill'), { recursive: true });
    const real = await realpath(folder);
    refuseQuestionMark(real);
    return real;
  } catch (error) {
    throw explained(error, folder);
  }
}

/** DuckDB takes what follows a question mark for options, and would look for its log somewhere else. */
function refuseQuestionMark(folder: string): void {
  if (!folder.includes('?')) return;
  throw new UserError(`The project cannot lie in ${folder}: its path holds a question mark.`, 'Rename the folder.');
}

function claim(folder: string): void {
  if (owned.has(folder)) throw inUse(databasePath(folder), `PID ${process.pid}`);
  owned.add(folder);
}

async function connect(path: string): Promise<Database> {
  const temporary = join(dirname(path), 'spill');
  const instance = await openDatabase({ path, memory: MEMORY, temporary });
  return Database.over(instance, (error) => explained(error, path));
}

/** A new database appears under its name whole and with its schema, or not at all. */
async function createWhereNone(path: string, known: readonly Migration[]): Promise<void> {
  if (await exists(path)) return;
  if ((await exists(backupPath(path))) || (await exists(`${path}.wal`))) throw new DamagedProjectError(path, 'is gone');
  const fresh = join(dirname(path), 'spill', `new-${process.pid}.duckdb`);
  await removeDatabase(fresh);
  const database = await connect(fresh);
  try {
    await database.alone((session) => migrate(session, 0, known));
  } finally {
    await database.close();
  }
  // A link, unlike a rename, leaves the file of a process that was faster alone; not every file system has links.
  await link(fresh, path).catch(async () => {
    if (!(await exists(path))) await rename(fresh, path);
  });
  await rm(fresh, { force: true });
  // What a project holds is no part of the repository that it may lie in.
  await writeWhole(join(dirname(path), '.gitignore'), '*\n');
}

/** Whether there was anything to do. */
async function bringUpToDate(database: Database, path: string, known: readonly Migration[]): Promise<boolean> {
  const schema = await database.read(schemaNumberOf);
  if (schema === undefined) throw new DamagedProjectError(path, 'is a database, but not that of a project');
  if (schema > known.length) throw writtenByNewer(path, ` (schema ${schema}, this one knows ${known.length})`);
  if (schema === known.length) return false;
  await backUp({ folder: dirname(path), database });
  await database.alone((session) => migrate(session, schema, known));
  return true;
}

async function emptySpill(folder: string): Promise<void> {
  const spill = join(folder, 'spill');
  for (const name of await readdir(spill)) await rm(join(spill, name), { recursive: true, force: true });
}

/** Whether every page of a database can be read. Throws where something else than damage keeps it from being read. */
async function readable(path: string): Promise<boolean> {
  try {
    if (!(await exists(path))) return false;
    const database = await connect(path);
    try {
      await database.read(readEverything);
      return true;
    } finally {
      await database.close();
    }
  } catch (error) {
    const meaning = explained(error, path);
    if (meaning instanceof DamagedProjectError) return false;
    throw meaning;
  }
}

async function requireReadable(path: string): Promise<void> {
  if (!(await readable(path))) throw new UserError(`The backup ${path} is damaged.`, 'Check the disk for errors.');
}

async function readEverything(session: StoreSession): Promise<void> {
  const tables = await session.rows(z.object({ name: z.string() }), 'SELECT table_name AS name FROM duckdb_tables()');
  if (!tables.some(({ name }) => name === 'meta')) throw new Error('corrupt: it holds no project');
  for (const { name } of tables) await session.run(`SELECT max(hash(COLUMNS(*))) FROM ${name}`);
}

async function removeDatabase(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}.wal`, { force: true });
}

/** The bytes reach the disk before the name does. */
async function putInPlace(from: string, to: string): Promise<void> {
  const file = await open(from, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(from, to);
  await syncFolder(dirname(to));
}
