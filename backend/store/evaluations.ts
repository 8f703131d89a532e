import { z } from 'zod';
import type { EvaluationRecord } from '../protocol/records';
import type { Database } from './database';
import { required, type PageOf, type PageRequest } from './record-table';
import { saveRun, type MadeBy } from './runs';
import type { StoreSession } from './session';
import { evaluations, type ListedEvaluation } from './tables';

/** Tables of scores. They outlive what they were made from. */
export class Evaluations {
  constructor(private readonly database: Database) {}

  /** Adds an evaluation. One that is there already stays as it is. */
  add(record: EvaluationRecord, { run }: MadeBy = {}): Promise<void> {
    return this.database.write(async (session) => {
      await this.insert(session, record);
      await saveRun(session, run);
    });
  }

  async insert(session: StoreSession, { result, ...rest }: EvaluationRecord): Promise<void> {
    await evaluations.insert(session, rest, { result: JSON.stringify(result ?? null) });
  }

  get(id: string): Promise<EvaluationRecord> {
    return this.database.read(async (session) => {
      const rest = await evaluations.get(session, id);
      const query = 'SELECT result FROM evaluations WHERE id = ?';
      const { result } = await required(session.first(z.object({ result: z.string() }), query, [id]));
      return { ...rest, result: JSON.parse(result) as unknown };
    });
  }

  /** The newest first, without their tables. */
  list(page: PageRequest): Promise<PageOf<ListedEvaluation>> {
    return this.database.read((session) => evaluations.list(session, page));
  }
}
