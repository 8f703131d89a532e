import { z } from 'zod';
import type { Database } from './database';
import { clusterings } from './tables';

/** Where documents of a clustering lie in the plane. */
export interface MapLayout {
  /** Index in the dataset, rising. */
  readonly documents: Int32Array;
  /** [documents, 2] */
  readonly positions: Float32Array;
}

const row = z.object({ document: z.int(), x: z.number(), y: z.number() });

/** Maps of clusterings: computed once, kept as long as the clustering. */
export class Layouts {
  constructor(private readonly database: Database) {}

  find(clustering: string): Promise<MapLayout | undefined> {
    return this.database.read(async (session) => {
      const position = await clusterings.place(session, clustering);
      const query = 'SELECT document, x, y FROM layouts WHERE clustering = ? ORDER BY document';
      const rows = await session.rows(row, query, [position]);
      if (rows.length === 0) return undefined;
      return {
        documents: Int32Array.from(rows, ({ document }) => document),
        positions: Float32Array.from(rows.flatMap(({ x, y }) => [x, y])),
      };
    });
  }

  /** In the place of one that is there. */
  put(clustering: string, { documents, positions }: MapLayout): Promise<void> {
    return this.database.write(async (session) => {
      const position = await clusterings.place(session, clustering);
      await session.run('DELETE FROM layouts WHERE clustering = ?', [position]);
      await session.append('layouts', documents.length, [
        () => position,
        (i) => documents[i],
        (i) => positions[2 * i],
        (i) => positions[2 * i + 1],
      ]);
    });
  }
}
