import { z } from 'zod';
import { UserError } from '../base/errors';
import { linkRecord, type LinkRecord, type LinkChange } from '../protocol/labels';
import { nextBatch } from './batches';
import type { Database } from './database';
import { newId } from './ids';
import type { PageOf, PageRequest } from './record-table';
import { integerList, type StoreSession } from './session';
import { datasets, links } from './tables';

const all = { offset: 0, limit: 100_000 };

/** People's constraints on pairs of documents. */
export class Links {
  constructor(private readonly database: Database) {}

  /**
   * Adds a link, which holds both ways: it is kept with the smaller index as `a`. The same pair again gives the link
   * that is there. Throws UserError where a document does not exist, where both are the same, or where the pair has the
   * opposite link.
   */
  add({ dataset, kind, a, b }: Omit<LinkRecord, 'id' | 'created'>): Promise<LinkRecord> {
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
      await note(session, created, true);
      return created;
    });
  }

  remove(id: string): Promise<void> {
    return this.database.write(async (session) => {
      await note(session, await links.get(session, id), false);
      await links.remove(session, id);
    });
  }

  /** The newest first; of a whole dataset or of one document. */
  list(
    dataset: string,
    { document, ...page }: PageRequest & { readonly document?: number | undefined },
  ): Promise<PageOf<LinkRecord>> {
    return this.database.read(async (session) => {
      if (document === undefined) return links.list(session, page, { dataset });
      // A pair is kept once, with the smaller index first.
      const first = await links.list(session, all, { dataset, a: document });
      const second = await links.list(session, all, { dataset, b: document });
      const items = [...first.items, ...second.items];
      return { total: items.length, items: items.slice(page.offset, page.offset + page.limit) };
    });
  }
}

/** Which of the documents a person linked with others. */
export async function linkedAmong(
  session: StoreSession,
  dataset: string,
  documents: readonly number[],
): Promise<ReadonlySet<number>> {
  const among = integerList(documents);
  const query = `SELECT unnest([a, b]) AS document FROM links WHERE dataset = ? AND (a IN (${among}) OR b IN (${among}))`;
  const rows = await session.rows(z.object({ document: z.int() }), query, [dataset]);
  return new Set(rows.map(({ document }) => document));
}

/** How many links of its dataset a clustering, given by its place, does not honour: between documents that it holds, as they lie now. */
export async function unmetLinks(session: StoreSession, dataset: string, clustering: number): Promise<number> {
  const { items } = await links.list(session, all, { dataset });
  if (items.length === 0) return 0;
  const among = integerList(new Set(items.flatMap(({ a, b }) => [a, b])));
  const query = `SELECT document, pile FROM assignments WHERE clustering = ? AND document IN (${among})`;
  const rows = await session.rows(z.object({ document: z.int(), pile: z.int() }), query, [clustering]);
  const piles = new Map(rows.map(({ document, pile }) => [document, pile]));
  return items.filter(({ kind, a, b }) => {
    const [first, second] = [piles.get(a), piles.get(b)];
    return first !== undefined && second !== undefined && (first === second) !== (kind === 'must');
  }).length;
}

async function note(session: StoreSession, what: LinkRecord, added: boolean): Promise<void> {
  const { batch } = await nextBatch(session);
  const values = [batch, what.dataset, added, JSON.stringify(what), new Date().toISOString()];
  await session.run('INSERT INTO link_changes VALUES (?, ?, ?, ?, ?, false)', values);
}

const changeRow = z.object({ added: z.boolean(), link: z.string(), created: z.string() });

/** Takes back what one request did: a link that came goes, and one that went comes back. */
export async function undoLinkChange(session: StoreSession, batch: number): Promise<LinkChange[]> {
  const query = 'SELECT added, link, created FROM link_changes WHERE batch = ?';
  const rows = await session.rows(changeRow, query, [batch]);
  const changes = rows.map((row) => ({ ...row, link: linkRecord.parse(JSON.parse(row.link)), undone: true }));
  for (const change of changes) {
    if (change.added) await links.remove(session, change.link.id);
    else await links.insert(session, change.link);
  }
  await session.run('UPDATE link_changes SET undone = true WHERE batch = ?', [batch]);
  return changes;
}
