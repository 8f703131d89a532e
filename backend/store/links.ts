import { z } from 'zod';
import { UserError } from '../protocol/errors';
import type { Link } from '../protocol/records';
import type { Database } from './database';
import { newId } from './ids';
import type { PageOf, PageRequest } from './record-table';
import { datasets, links } from './tables';

/** People's constraints on pairs of documents. */
export class Links {
  constructor(private readonly database: Database) {}

  /**
   * Adds a link, which holds both ways: it is kept with the smaller index as `a`. The same pair again gives the link
   * that is there. Throws UserError where a document does not exist, where both are the same, or where the pair has the
   * opposite link.
   */
  add({ dataset, kind, a, b }: Omit<Link, 'id' | 'created'>): Promise<Link> {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    return this.database.write(async (session) => {
      if (low === high) throw new UserError('A document cannot be linked to itself.', 'Choose two documents.');
      const { documents } = await datasets.get(session, dataset);
      if (high >= documents.total) {
        throw new UserError(`There is no document ${high}: ${dataset} has ${documents.total}.`, 'Choose another one.');
      }
      const query = 'SELECT id FROM links WHERE dataset = ? AND a = ? AND b = ?';
      const same = await session.first(z.object({ id: z.string() }), query, [dataset, low, high]);
      const existing = same && (await links.get(session, same.id));
      if (existing?.kind === kind) return existing;
      if (existing !== undefined) {
        const meaning = kind === 'must' ? 'must not share' : 'must share';
        throw new UserError(
          `Documents ${low} and ${high} are linked already: they ${meaning} a pile.`,
          'Remove that link first if it is wrong.',
        );
      }
      const created = { id: newId('link'), dataset, kind, a: low, b: high, created: new Date().toISOString() };
      await links.insert(session, created);
      return created;
    });
  }

  remove(id: string): Promise<void> {
    return this.database.write((session) => links.remove(session, id));
  }

  /** The newest first. */
  list(dataset: string, page: PageRequest): Promise<PageOf<Link>> {
    return this.database.read((session) => links.list(session, page, { dataset }));
  }
}
