import { z } from 'zod';
import type { StoreSession } from './session';

/** The statements that bring the schema of the number before to this one's. */
export type Migration = string;

/**
 * The project's tables. Records are kept as JSON, in the form that protocol/records checks; what is filtered, joined or
 * large has columns of its own. `position` counts up over all tables: it orders listings and is the short name of a
 * clustering in the large tables.
 *
 * There are no keys: writes come one after another and look for what exists themselves, and an index would cost memory
 * (100 MB for the assignments of a million documents) without making anything faster at these sizes.
 */
const first: Migration = `
  CREATE TABLE meta (schema INTEGER NOT NULL);
  INSERT INTO meta VALUES (0);
  CREATE SEQUENCE positions;

  CREATE TABLE datasets (position INTEGER NOT NULL, id VARCHAR NOT NULL, record VARCHAR NOT NULL);
  CREATE TABLE question_sets (position INTEGER NOT NULL, id VARCHAR NOT NULL, record VARCHAR NOT NULL);
  CREATE TABLE questions (
    question_set INTEGER NOT NULL, place INTEGER NOT NULL, part VARCHAR NOT NULL, record VARCHAR NOT NULL
  );

  CREATE TABLE clusterings (
    position INTEGER NOT NULL, id VARCHAR NOT NULL, dataset VARCHAR NOT NULL, record VARCHAR NOT NULL
  );
  CREATE TABLE piles (
    clustering INTEGER NOT NULL, pile INTEGER NOT NULL, name VARCHAR NOT NULL, size INTEGER NOT NULL,
    terms VARCHAR NOT NULL
  );
  CREATE TABLE assignments (
    clustering INTEGER NOT NULL, document INTEGER NOT NULL, pile INTEGER NOT NULL, confidence FLOAT,
    outlier BOOLEAN NOT NULL, version INTEGER NOT NULL, moved BOOLEAN NOT NULL
  );
  CREATE TABLE moves (
    sequence INTEGER NOT NULL, clustering INTEGER NOT NULL, batch INTEGER NOT NULL, document INTEGER NOT NULL,
    origin INTEGER NOT NULL, target INTEGER NOT NULL, created VARCHAR NOT NULL, undone BOOLEAN NOT NULL
  );
  CREATE TABLE links (
    position INTEGER NOT NULL, id VARCHAR NOT NULL, dataset VARCHAR NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL,
    record VARCHAR NOT NULL
  );

  CREATE TABLE experts (
    position INTEGER NOT NULL, id VARCHAR NOT NULL, clustering VARCHAR NOT NULL, record VARCHAR NOT NULL
  );
  CREATE TABLE mixers (
    position INTEGER NOT NULL, id VARCHAR NOT NULL, experts VARCHAR NOT NULL, record VARCHAR NOT NULL,
    weights VARCHAR NOT NULL
  );
  CREATE TABLE runs (position INTEGER NOT NULL, id VARCHAR NOT NULL, state VARCHAR NOT NULL, record VARCHAR NOT NULL);
  CREATE TABLE evaluations (
    position INTEGER NOT NULL, id VARCHAR NOT NULL, record VARCHAR NOT NULL, result VARCHAR NOT NULL
  );
`;

/**
 * Councils, and the posteriors that each round of a splitting method saw: `place` is the document's place in the
 * clustering.
 */
const councilsAndPosteriors: Migration = `
  CREATE TABLE councils (
    position INTEGER NOT NULL, id VARCHAR NOT NULL, experts VARCHAR NOT NULL, name VARCHAR NOT NULL,
    record VARCHAR NOT NULL
  );
  CREATE TABLE posteriors (
    clustering INTEGER NOT NULL, round INTEGER NOT NULL, place INTEGER NOT NULL, document INTEGER NOT NULL,
    p FLOAT[] NOT NULL
  );
`;

/** Experts from elsewhere, which belong to no clustering. */
const expertsFromElsewhere: Migration = 'ALTER TABLE experts ALTER COLUMN clustering DROP NOT NULL';

/** People's decisions which documents take no part in runs; `after` is the latest move of any clustering at that time. */
const exclusions: Migration = `
  CREATE TABLE exclusions (
    batch INTEGER NOT NULL, after INTEGER NOT NULL, dataset VARCHAR NOT NULL, document INTEGER NOT NULL,
    excluded BOOLEAN NOT NULL, created VARCHAR NOT NULL, undone BOOLEAN NOT NULL
  );
`;

/** Where documents lie on the map of a clustering. */
const layouts: Migration = `
  CREATE TABLE layouts (clustering INTEGER NOT NULL, document INTEGER NOT NULL, x FLOAT NOT NULL, y FLOAT NOT NULL);
`;

/**
 * Which documents stay in their piles, where that is not as their moves say, and piles that became one or two. `batch` counts up over
 * moves and pins: what one request did.
 */
const pinsAndPileChanges: Migration = `
  CREATE TABLE pins (
    batch INTEGER NOT NULL, clustering INTEGER NOT NULL, document INTEGER NOT NULL, pinned BOOLEAN NOT NULL,
    created VARCHAR NOT NULL, undone BOOLEAN NOT NULL
  );
  CREATE TABLE pile_changes (
    batch INTEGER NOT NULL, clustering INTEGER NOT NULL, kind VARCHAR NOT NULL, pile INTEGER NOT NULL,
    other INTEGER NOT NULL, created VARCHAR NOT NULL
  );
`;

/** What piles were called, and links that came and went. `batch` counts up over everything that people can take back. */
const renamesAndLinkChanges: Migration = `
  CREATE TABLE renames (
    batch INTEGER NOT NULL, clustering INTEGER NOT NULL, pile INTEGER NOT NULL, origin VARCHAR NOT NULL,
    target VARCHAR NOT NULL, created VARCHAR NOT NULL, undone BOOLEAN NOT NULL
  );
  CREATE TABLE link_changes (
    batch INTEGER NOT NULL, dataset VARCHAR NOT NULL, added BOOLEAN NOT NULL, link VARCHAR NOT NULL,
    created VARCHAR NOT NULL, undone BOOLEAN NOT NULL
  );
  ALTER TABLE exclusions DROP COLUMN after;
`;

/** The files of things with folders of their own. `adopted`: when they were hashed as they were found, where no version before did. */
const fileHashes: Migration = `
  CREATE TABLE files (
    kind VARCHAR NOT NULL, id VARCHAR NOT NULL, name VARCHAR NOT NULL, bytes BIGINT NOT NULL, sha256 VARCHAR NOT NULL,
    adopted VARCHAR
  );
`;

/** What councils were before they were edited. */
const councilVersions: Migration = `
  CREATE TABLE council_versions (council VARCHAR NOT NULL, version INTEGER NOT NULL, record VARCHAR NOT NULL);
`;

/** What people wrote of runs; `tags` is JSON. */
const runNotes: Migration = `
  CREATE TABLE run_notes (run VARCHAR NOT NULL, note VARCHAR NOT NULL, tags VARCHAR NOT NULL);
`;

/** In order: the first one gives schema 1. What is here never changes; a change of the schema is another migration. */
export const migrations: readonly Migration[] = [
  first,
  councilsAndPosteriors,
  expertsFromElsewhere,
  exclusions,
  layouts,
  pinsAndPileChanges,
  renamesAndLinkChanges,
  fileHashes,
  councilVersions,
  runNotes,
];

/** The number of the schema of an open database: 0 where it holds nothing at all, undefined where it is no project. */
export async function schemaNumberOf(session: StoreSession): Promise<number | undefined> {
  const tables = await session.rows(z.object({ name: z.string() }), 'SELECT table_name AS name FROM duckdb_tables()');
  if (tables.length === 0) return 0;
  if (!tables.some(({ name }) => name === 'meta')) return undefined;
  return (await session.first(z.object({ schema: z.int() }), 'SELECT schema FROM meta'))?.schema;
}

/** Brings the schema to the number; each migration is whole or absent. Call it outside a transaction. */
export async function migrate(session: StoreSession, from: number, known: readonly Migration[]): Promise<void> {
  for (const [i, migration] of known.entries()) {
    if (i < from) continue;
    await session.run('BEGIN TRANSACTION');
    try {
      await session.run(migration);
      await session.run('UPDATE meta SET schema = ?', [i + 1]);
      await session.run('COMMIT');
    } catch (error) {
      await session.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}
