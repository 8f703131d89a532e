import { z } from 'zod';
import { questionRecord, type QuestionRecord, type QuestionSetRecord } from '../protocol/records';
import type { Database } from './database';
import { countOf, type PageOf, type PageRequest } from './record-table';
import { saveRun, type MadeBy } from './runs';
import type { StoreSession } from './session';
import { questionSets } from './tables';

const stored = z.object({ record: z.string() });

/** Sets of cross-domain questions. */
export class Questions {
  constructor(private readonly database: Database) {}

  /** Adds a set with its questions. One that is there already stays as it is. */
  add(record: QuestionSetRecord, questions: readonly QuestionRecord[], { run }: MadeBy = {}): Promise<void> {
    return this.database.write(async (session) => {
      await this.insert(session, record, questions);
      await saveRun(session, run);
    });
  }

  async insert(session: StoreSession, record: QuestionSetRecord, questions: readonly QuestionRecord[]): Promise<void> {
    const set = await questionSets.insert(session, record);
    if (set === undefined) return;
    const ordered = questions.map((given) => questionRecord.parse(given)).sort((a, b) => a.index - b.index);
    await session.append('questions', ordered.length, [
      () => set,
      (row) => ordered[row].index,
      (row) => ordered[row].part,
      (row) => JSON.stringify(ordered[row]),
    ]);
  }

  getSet(set: string): Promise<QuestionSetRecord> {
    return this.database.read((session) => questionSets.get(session, set));
  }

  /** The newest first. */
  listSets(page: PageRequest): Promise<PageOf<QuestionSetRecord>> {
    return this.database.read((session) => questionSets.list(session, page));
  }

  /** The questions of a set, or of one part of it, by index. */
  list(
    set: string,
    page: PageRequest & { readonly part?: QuestionRecord['part'] | undefined },
  ): Promise<PageOf<QuestionRecord>> {
    return this.database.read(async (session) => {
      const values = [await questionSets.place(session, set), ...(page.part === undefined ? [] : [page.part])];
      const from = `FROM questions WHERE question_set = ? ${page.part === undefined ? '' : 'AND part = ?'}`;
      const total = await countOf(session, from, values);
      const ordered = `SELECT record ${from} ORDER BY place LIMIT ? OFFSET ?`;
      const rows = await session.rows(stored, ordered, [...values, page.limit, page.offset]);
      return { total, items: rows.map(({ record }) => questionRecord.parse(JSON.parse(record))) };
    });
  }
}
