import { z } from 'zod';
import { ConflictError, UserError } from '../base/errors';
import {
  type ExclusionRecord,
  type LinkChange,
  moveRecord,
  type MoveRecord,
  type PinRecord,
  type RenameRecord,
} from '../protocol/labels';
import { expertLetter } from '../base/letter';
import { latestBatch, nextBatch } from './batches';
import type { Database } from './database';
import { undoExclusions } from './exclusions';
import { undoLinkChange } from './links';
import { requirePile, resizePile, undoRename } from './piles';
import { undoPins } from './pins';
import { combineConfidence } from './posteriors';
import { countOf, type PageOf, type PageRequest } from './record-table';
import { integerList, type StoreSession } from './session';
import { clusterings } from './tables';

const assignmentRow = z.object({ document: z.int(), pile: z.int(), version: z.int() });
const moveRow = moveRecord.omit({ clustering: true });
const moveColumns = 'sequence, document, origin AS "from", target AS "to", created, undone';

/** A document as a client saw it when it asked for the move. */
export interface SeenDocument {
  readonly index: number;
  readonly version: number;
}

/** What was taken back. */
export interface Undone {
  readonly moves: MoveRecord[];
  readonly pins: PinRecord[];
  readonly exclusions: ExclusionRecord[];
  readonly renames: RenameRecord[];
  readonly links: LinkChange[];
}

/** People's moves of documents between piles: each is kept, and can be taken back. */
export class Labels {
  constructor(private readonly database: Database) {}

  /**
   * Moves all the documents or none; those that lie in the pile already stay as they are. Throws ConflictError where
   * one of them was changed since the client saw it, UserError where one of them is not in the clustering or there is
   * no such pile.
   */
  move(clustering: string, documents: readonly SeenDocument[], to: number): Promise<MoveRecord[]> {
    return this.database.write(async (session) => {
      await requirePile(session, clustering, to);
      const position = await clusterings.place(session, clustering);
      const current = await assignmentsOf(
        session,
        position,
        documents.map(({ index }) => index),
      );
      for (const seen of documents) refuseStale(seen, current.get(seen.index), clustering);
      const moved = [...current].filter(([, { pile }]) => pile !== to);
      if (moved.length === 0) return [];

      const indices = integerList(moved.map(([index]) => index));
      await session.run(
        `UPDATE assignments SET pile = ?, version = version + 1, moved = true
         WHERE clustering = ? AND document IN (${indices})`,
        [to, position],
      );
      const { batch, sequence } = await nextBatch(session);
      const created = new Date().toISOString();
      const moves = moved.map(([document, { pile: from }], i): MoveRecord => ({
        sequence: sequence + 1 + i,
        clustering,
        document,
        from,
        to,
        created,
        undone: false,
      }));
      await insertMoves(session, position, batch, moves);
      await resizePiles(session, position, moves);
      return moves;
    });
  }

  /**
   * Takes back what one request did to the clustering or to its dataset's exclusions and links, the latest that was not taken back yet;
   * empty where there is none.
   */
  undo(clustering: string): Promise<Undone> {
    return this.database.write(async (session) => {
      const { dataset, k } = await clusterings.get(session, clustering);
      const position = await clusterings.place(session, clustering);
      const latest = await latestBatch(session, { clustering: position, dataset });
      const nothing: Undone = { moves: [], pins: [], exclusions: [], renames: [], links: [] };
      if (latest === undefined) return nothing;
      const { log, batch } = latest;
      switch (log) {
        case 'moves':
          return { ...nothing, moves: await undoMoves(session, { id: clustering, position, k }, batch) };
        case 'pins':
          return { ...nothing, pins: await undoPins(session, clustering, batch) };
        case 'exclusions':
          return { ...nothing, exclusions: await undoExclusions(session, batch) };
        case 'renames':
          return { ...nothing, renames: await undoRename(session, clustering, batch) };
        case 'link_changes':
          return { ...nothing, links: await undoLinkChange(session, batch) };
      }
    });
  }

  /** All moves of a clustering or of one of its documents in their order, those that were taken back marked. */
  list(
    clustering: string,
    { offset, limit, document }: PageRequest & { readonly document?: number | undefined },
  ): Promise<PageOf<MoveRecord>> {
    return this.database.read(async (session) => {
      const position = await clusterings.place(session, clustering);
      const from = `FROM moves WHERE clustering = ?${document === undefined ? '' : ' AND document = ?'}`;
      const values = document === undefined ? [position] : [position, document];
      const page = `SELECT ${moveColumns} ${from} ORDER BY sequence LIMIT ? OFFSET ?`;
      const items = await session.rows(moveRow, page, [...values, limit, offset]);
      return { total: await countOf(session, from, values), items: items.map((row) => ({ ...row, clustering })) };
    });
  }
}

/** Takes back the moves of one request. */
async function undoMoves(
  session: StoreSession,
  { id: clustering, position, k }: { readonly id: string; readonly position: number; readonly k: number },
  batch: number,
): Promise<MoveRecord[]> {
  const query = `SELECT ${moveColumns} FROM moves WHERE clustering = ? AND batch = ? ORDER BY sequence`;
  const found = await session.rows(moveRow, query, [position, batch]);
  const moves = found.map((row): MoveRecord => ({ ...row, clustering, undone: true }));

  const documents = integerList(moves.map(({ document }) => document));
  const sequences = integerList(moves.map(({ sequence }) => sequence));
  const ofClustering = `clustering = ${position}`;
  await session.run(`UPDATE moves SET undone = true WHERE ${ofClustering} AND sequence IN (${sequences})`);
  await session.run(
    `UPDATE assignments SET pile = undone.origin, version = version + 1, moved = false
         FROM (SELECT document, origin FROM moves WHERE ${ofClustering} AND sequence IN (${sequences})) AS undone
         WHERE assignments.${ofClustering} AND assignments.document = undone.document`,
  );
  // A person may have moved the document before that, too.
  await session.run(
    `UPDATE assignments SET moved = true WHERE ${ofClustering} AND document IN (${documents})
         AND document IN (SELECT document FROM moves WHERE ${ofClustering} AND NOT undone
           AND batch NOT IN (SELECT batch FROM pile_changes))`,
  );
  await resizePiles(
    session,
    position,
    moves.map(({ from, to }) => ({ from: to, to: from })),
  );
  const change = z.object({ pile: z.int(), other: z.int() });
  const merged = await session.first(change, 'SELECT pile, other FROM pile_changes WHERE batch = ?', [batch]);
  if (merged !== undefined) await combineConfidence(session, position, k, [merged.pile, merged.other]);
  return moves;
}

async function assignmentsOf(
  session: StoreSession,
  clustering: number,
  documents: readonly number[],
): Promise<Map<number, z.infer<typeof assignmentRow>>> {
  const among = `document IN (${integerList(documents)}) ORDER BY document`;
  const query = `SELECT document, pile, version FROM assignments WHERE clustering = ? AND ${among}`;
  const rows = await session.rows(assignmentRow, query, [clustering]);
  return new Map(rows.map((row) => [row.document, row]));
}

function refuseStale(
  seen: SeenDocument,
  current: { pile: number; version: number } | undefined,
  clustering: string,
): void {
  if (current === undefined) {
    throw new UserError(`Document ${seen.index} is not in ${clustering}.`, 'Move documents that were clustered.');
  }
  if (current.version === seen.version) return;
  throw new ConflictError(
    `Document ${seen.index} was changed by another window or command: it stays in pile ` +
      `${expertLetter(current.pile)}, where that put it, and nothing was moved.`,
    'Look at the pile again, and move the documents from where they are now if you still want to.',
  );
}

export async function insertMoves(
  session: StoreSession,
  clustering: number,
  batch: number,
  moves: readonly MoveRecord[],
): Promise<void> {
  await session.append('moves', moves.length, [
    (row) => moves[row].sequence,
    () => clustering,
    () => batch,
    (row) => moves[row].document,
    (row) => moves[row].from,
    (row) => moves[row].to,
    (row) => moves[row].created,
    () => false,
  ]);
}

async function resizePiles(
  session: StoreSession,
  clustering: number,
  moves: readonly { readonly from: number; readonly to: number }[],
): Promise<void> {
  const changes = new Map<number, number>();
  for (const { from, to } of moves) {
    changes.set(from, (changes.get(from) ?? 0) - 1);
    changes.set(to, (changes.get(to) ?? 0) + 1);
  }
  for (const [pile, by] of changes) await resizePile(session, clustering, pile, by);
}
