import { z } from 'zod';
import type { Placement } from '../protocol/records';
import type { Database } from './database';
import type { Documents } from './documents';
import { assignmentColumns, assignmentRow, requirePile } from './piles';
import { pinnedAmong } from './pins';
import { lastPosteriorsOf } from './posteriors';
import { required } from './record-table';
import type { StoreSession } from './session';
import { clusterings } from './tables';

/** The surest first; those of which the method tells nothing in the order of the dataset. */
const certainty = 'coalesce(confidence, -1)';
const surest = `${certainty} DESC, document`;
const leastSure = `${certainty}, document DESC`;

/** Where single documents stand in the piles of a clustering. */
export class Placements {
  constructor(
    private readonly database: Database,
    private readonly documents: Documents,
  ) {}

  /**
   * Null where the document was not clustered. Its neighbours are those of the pile that is named, wherever it lies itself: whoever
   * goes through a pile moves documents out of it on the way.
   */
  async find(clustering: string, document: number, within?: number): Promise<Placement | null> {
    const found = await this.database.read(async (session) => {
      if (within !== undefined) await requirePile(session, clustering, within);
      const { dataset } = await clusterings.get(session, clustering);
      const position = await clusterings.place(session, clustering);
      const query = `SELECT ${assignmentColumns} FROM assignments WHERE clustering = ? AND document = ?`;
      const row = await session.first(assignmentRow, query, [position, document]);
      if (row === undefined) return undefined;
      const pinned = (await pinnedAmong(session, position, [document])).has(document);
      return { dataset, row, pinned, place: await placeIn(session, position, document, within ?? row.pile) };
    });
    if (found === undefined) return null;
    const [row] = await this.documents.at(found.dataset, [document]);
    return { row: { ...row, ...found.row, ...(found.pinned ? { pinned: true } : {}) }, ...found.place };
  }

  /** P(pile | document) when the method ended, [k], piles that people merged counted as one; undefined where it gave none. */
  posteriors(clustering: string, document: number): Promise<number[] | undefined> {
    return this.database.read(async (session) =>
      lastPosteriorsOf(session, await clusterings.place(session, clustering), document),
    );
  }
}

const placeRow = z.object({
  position: z.int(),
  of: z.int(),
  previous: z.int().optional(),
  next: z.int().optional(),
});

/** The place of a document in the order of a pile, which it need not lie in. */
function placeIn(
  session: StoreSession,
  clustering: number,
  document: number,
  pile: number,
): Promise<z.infer<typeof placeRow>> {
  const query = `
    WITH here AS (
      SELECT ${certainty} AS sure, document AS self FROM assignments WHERE clustering = ${clustering} AND document = ${document}
    ), others AS (
      SELECT document, confidence, ${certainty} > sure OR ${certainty} = sure AND document < self AS earlier
      FROM assignments, here WHERE clustering = ${clustering} AND pile = ${pile} AND document <> self
    )
    SELECT count(*) FILTER (earlier) AS position,
      (SELECT count(*) FROM assignments WHERE clustering = ${clustering} AND pile = ${pile}) AS of,
      (SELECT document FROM others WHERE earlier ORDER BY ${leastSure} LIMIT 1) AS previous,
      (SELECT document FROM others WHERE NOT earlier ORDER BY ${surest} LIMIT 1) AS next
    FROM others`;
  return required(session.first(placeRow, query));
}
