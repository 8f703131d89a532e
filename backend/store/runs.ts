import { z } from 'zod';
import { UserError } from '../base/errors';
import { runNote, type RunNote, type RunRecord, type RunState } from '../protocol/run';
import type { Database } from './database';
import { removeFolder } from './folders';
import type { PageOf, PageRequest } from './record-table';
import type { StoreSession } from './session';
import { runs } from './tables';

const storedNote = z.object({ run: z.string(), note: z.string(), tags: z.string() });

/** Runs and what is known of them. Their files in `runs/<id>/` are made by those who run them. */
export class Runs {
  constructor(
    private readonly database: Database,
    private readonly folder: string,
  ) {}

  /** Adds the run, or replaces what was known of it. */
  save(run: RunRecord): Promise<void> {
    return this.database.write((session) => saveRun(session, run));
  }

  get(run: string): Promise<RunRecord> {
    return this.database.read((session) => runs.get(session, run));
  }

  /** The newest first. */
  list(page: PageRequest & { readonly state?: RunState | undefined }): Promise<PageOf<RunRecord>> {
    return this.database.read((session) => runs.list(session, page, { state: page.state }));
  }

  /** What people wrote of runs. */
  notes(): Promise<RunNote[]> {
    return this.database.read(async (session) => {
      const rows = await session.rows(storedNote, 'SELECT run, note, tags FROM run_notes');
      return rows.map(({ tags, ...row }) => runNote.parse({ ...row, tags: JSON.parse(tags) as unknown }));
    });
  }

  /** Puts it in the place of what was there. Throws UserError where there is no such run. */
  annotate({ run, note, tags }: RunNote): Promise<RunNote> {
    const kept = { run, note: note.trim(), tags: [...new Set(tags)] };
    return this.database.write(async (session) => {
      await runs.place(session, run);
      await session.run('DELETE FROM run_notes WHERE run = ?', [run]);
      if (kept.note !== '' || kept.tags.length > 0)
        await session.run('INSERT INTO run_notes VALUES (?, ?, ?)', [run, kept.note, JSON.stringify(kept.tags)]);
      return kept;
    });
  }

  /** Removes the run and its files. Throws UserError while it has not ended. */
  async remove(run: string): Promise<void> {
    await this.database.write(async (session) => {
      const { state } = await runs.get(session, run);
      if (state === 'queued' || state === 'running') {
        throw new UserError(`Run ${run} is ${state}.`, 'Cancel it first.');
      }
      await session.run('DELETE FROM run_notes WHERE run = ?', [run]);
      await runs.remove(session, run);
    });
    await removeFolder(this.folder, 'runs', run);
  }
}

/** The part of a transaction that keeps a run beside what it made. */
export async function saveRun(session: StoreSession, run: RunRecord | undefined): Promise<void> {
  if (run !== undefined && (await runs.insert(session, run)) === undefined) await runs.update(session, run);
}

/** What is kept with a record: the run that made it, in the same transaction. */
export interface MadeBy {
  readonly run?: RunRecord | undefined;
}
