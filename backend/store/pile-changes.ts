import { z } from 'zod';
import { UserError } from '../base/errors';
import { nextBatch } from './batches';
import type { Database } from './database';
import { insertMoves } from './labels';
import { requirePile, resizePile } from './piles';
import { combineConfidence } from './posteriors';
import { clusterings } from './tables';

/** Changes of whole piles: each is kept as the moves of its documents, pins none of them, and can be taken back as moves are. */
export class PileChanges {
  constructor(private readonly database: Database) {}

  /**
   * Puts all documents of a pile into another one, and tells how many; the empty pile keeps its number, and is gone in a split that
   * goes on from this one. Throws UserError where there is no such pile, or both are the same.
   */
  merge(clustering: string, pile: number, into: number): Promise<number> {
    return this.database.write(async (session) => {
      if (pile === into) throw new UserError('A pile cannot be merged into itself.', 'Choose two piles.');
      await requirePile(session, clustering, pile);
      await requirePile(session, clustering, into);
      const { k } = await clusterings.get(session, clustering);
      const position = await clusterings.place(session, clustering);
      const inPile = 'FROM assignments WHERE clustering = ? AND pile = ? ORDER BY document';
      const row = z.object({ document: z.int() });
      const rows = await session.rows(row, `SELECT document ${inPile}`, [position, pile]);
      if (rows.length === 0) return 0;
      const { batch, sequence } = await nextBatch(session);
      const created = new Date().toISOString();
      await session.run("INSERT INTO pile_changes VALUES (?, ?, 'merge', ?, ?, ?)", [batch, position, pile, into, created]); // prettier-ignore
      const moved = 'SET pile = ?, version = version + 1 WHERE clustering = ? AND pile = ?';
      await session.run(`UPDATE assignments ${moved}`, [into, position, pile]);
      const moves = rows.map(({ document }, i) => ({
        sequence: sequence + 1 + i,
        clustering,
        document,
        from: pile,
        to: into,
        created,
        undone: false,
      }));
      await insertMoves(session, position, batch, moves);
      await resizePile(session, position, pile, -rows.length);
      await resizePile(session, position, into, rows.length);
      await combineConfidence(session, position, k, [into]);
      return rows.length;
    });
  }
}
